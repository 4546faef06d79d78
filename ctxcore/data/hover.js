/* Figures whose layout says meta.hover = "rows": pointing at a word (its customdata) leaves only the traces of that row (their
   meta). Listens on the document, so that figures drawn later answer too; runs once however often it is put into a page. */
(() => {
  if (window.ctxHover) return;
  window.ctxHover = true;
  const show = (figure, row) => {
    const groups = figure.querySelectorAll('.scatterlayer > .trace');
    figure._fullData.forEach((trace, i) => {
      if (trace.meta === undefined || !groups[i]) return;
      groups[i].style.opacity = row === null ? trace.opacity : trace.meta === row ? 0.9 : 0;
    });
  };
  document.addEventListener('pointerover', event => {
    const figure = event.target.closest && event.target.closest('.js-plotly-plot');
    if (!figure || !figure.on || figure.dataset.hover || (figure.layout.meta || {}).hover !== 'rows') return;
    figure.dataset.hover = 'rows';
    figure.on('plotly_hover', hit => {
      const row = hit.points[0].customdata;
      show(figure, row === undefined ? null : row);
    });
    figure.on('plotly_unhover', () => show(figure, null));
  });
})();
