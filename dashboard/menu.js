/* On a narrow screen the menu of pages lies over the page. A tap on one of its links closes it, as on any site. */
(() => {
  if (window.ctxMenu) return;
  window.ctxMenu = true;
  document.addEventListener('click', event => {
    const link = event.target.closest && event.target.closest('[data-testid=stSidebar] a');
    const close = document.querySelector('[data-testid=stSidebarCollapseButton] button');
    if (link && close && window.innerWidth <= 768) setTimeout(() => close.click());
  });
})();
