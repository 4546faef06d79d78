// A download that is made on demand and fails shows a short line of Streamlit's own. When it appears, the page is drawn
// anew, and says what went wrong.
(() => {
  if (window.watchesDownloads) return;
  window.watchesDownloads = true;
  const line = '[data-testid="stDownloadButtonError"]';
  const holds = (node) => node.nodeType === Node.ELEMENT_NODE && (node.matches(line) || node.querySelector(line));
  new MutationObserver((changes) => {
    if (changes.some((change) => [...change.addedNodes].some(holds)))
      document.querySelector(".st-key-download_failed button")?.click();
  }).observe(document.body, { childList: true, subtree: true });
})();
