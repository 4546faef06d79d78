/* Figures whose layout says meta.hover = "rows": pointing at a word (its customdata is a row) leaves only that row's ribbons.
   The trace "all" holds the outlines of every row, from meta.starts[row] to meta.starts[row + 1]; those of the row are drawn
   in place of the trace "chosen". Listens on the document, so that figures drawn later answer too; runs once however often it
   is put into a page. */
(() => {
  if (window.ctxHover) return;
  window.ctxHover = true;
  const outline = (figure, row) => {
    const {xaxis, yaxis, meta} = figure._fullLayout, all = figure._fullData.find(t => t.name === 'all');
    let path = '', pen = 'M';
    for (let i = meta.starts[row]; i < meta.starts[row + 1]; i++) {
      if (all.y[i] === null || Number.isNaN(Number(all.y[i]))) { path += 'Z'; pen = 'M'; continue; }
      path += `${pen}${xaxis.d2p(all.x[i])},${yaxis.d2p(all.y[i])}`;
      pen = 'L';
    }
    return path;
  };
  const show = (figure, row) => {
    const groups = figure.querySelectorAll('.scatterlayer > .trace');
    figure._fullData.forEach((trace, i) => {
      if (!groups[i] || (trace.name !== 'all' && trace.name !== 'chosen')) return;
      const fill = groups[i].querySelector('.fills path');
      if (trace.name === 'chosen' && fill) {
        if (fill.dataset.rest === undefined) fill.dataset.rest = fill.getAttribute('d');
        fill.setAttribute('d', row === null ? fill.dataset.rest : outline(figure, row));
        if (row === null) delete fill.dataset.rest;
      }
      groups[i].style.opacity = row === null ? trace.opacity : trace.name === 'chosen' ? 0.9 : 0.05;
    });
  };
  document.addEventListener('pointerover', event => {
    const figure = event.target.closest && event.target.closest('.js-plotly-plot');
    if (!figure || !figure.on || figure.dataset.hover || (figure.layout.meta || {}).hover !== 'rows') return;
    figure.dataset.hover = 'rows';
    const ribbons = () => (figure.layout.meta || {}).hover === 'rows';
    figure.on('plotly_hover', hit => {
      const row = hit.points[0].customdata;
      if (ribbons()) show(figure, row === undefined ? null : row);
    });
    figure.on('plotly_unhover', () => { if (ribbons()) show(figure, null); });
  });
})();
