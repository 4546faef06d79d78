/* Figures of a report: dark where the page is dark, and on paper light and as wide as the page, whatever its format. */
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const figures = () => document.querySelectorAll('figure .js-plotly-plot');
  const paint = (figure, night) => {
    const ink = night ? '#e6eaf0' : '#2a3342', grid = night ? '#3a4454' : '#e6ebf2', clear = 'rgba(0,0,0,0)';
    const changes = {'font.color': ink, paper_bgcolor: clear, plot_bgcolor: clear};
    Object.keys(figure._fullLayout).filter(key => /^[xy]axis\d*$/.test(key)).forEach(axis => {
      ['gridcolor', 'linecolor', 'zerolinecolor'].forEach(part => { changes[`${axis}.${part}`] = grid; });
    });
    return window.Plotly.relayout(figure, changes);
  };
  /* plotly fixes the size of its drawings in pixels. With a view box they scale with the page, letters and all. */
  const scale = figure => {
    const {width, height} = figure._fullLayout, box = figure.querySelector('.svg-container');
    box.style.setProperty('--width', width);
    box.style.setProperty('--height', height);
    box.querySelectorAll('.main-svg').forEach(svg => svg.setAttribute('viewBox', `0 0 ${width} ${height}`));
  };
  const free = figure => figure.querySelectorAll('.main-svg').forEach(svg => svg.removeAttribute('viewBox'));
  const screen = () => figures().forEach(figure => { free(figure); paint(figure, dark.matches); });
  const paper = () => figures().forEach(figure => { paint(figure, false); scale(figure); });
  addEventListener('load', () => { if (dark.matches) screen(); });
  dark.addEventListener('change', () => { if (!matchMedia('print').matches) screen(); });
  addEventListener('beforeprint', paper);
  addEventListener('afterprint', screen);
})();
