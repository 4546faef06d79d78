/* On a narrow screen the menu of pages lies over the page. A tap on one of its links closes it, as on any site. */
(() => {
  if (window.ctxMenu) return;
  window.ctxMenu = true;
  const close = () => {
    const button = document.querySelector('[data-testid=stSidebar][data-collapsed=false] [data-testid=stSidebarCollapseButton] button');
    if (button && window.innerWidth <= 768) setTimeout(() => button.click());
  };
  document.addEventListener('click', event => {
    if (event.target.closest && event.target.closest('[data-testid=stSidebar] a')) close();
  });
  // A link may have been tapped before this script was here.
  const loaded = performance.getEntriesByType('navigation')[0];
  if (loaded && new URL(loaded.name).pathname !== location.pathname) close();
})();
