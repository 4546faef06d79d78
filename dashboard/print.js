/* On paper figures are as wide as it: plotly fixes the size of its drawings in pixels; with a view box they scale, letters and all.
   Our own fixed script. */
(() => {
  if (window.ctxPrint) return;
  window.ctxPrint = true;
  const figures = () => [...document.querySelectorAll('.js-plotly-plot')].filter(figure => figure._fullLayout);
  addEventListener('beforeprint', () => figures().forEach(figure => {
    const {width, height} = figure._fullLayout, box = figure.querySelector('.svg-container');
    box.style.setProperty('--width', width);
    box.style.setProperty('--height', height);
    box.querySelectorAll('.main-svg').forEach(svg => svg.setAttribute('viewBox', `0 0 ${width} ${height}`));
  }));
  addEventListener('afterprint', () => figures().forEach(figure => {
    figure.querySelectorAll('.main-svg').forEach(svg => svg.removeAttribute('viewBox'));
  }));
})();
