/* The slider and the play button of a figure, for the keyboard and for those who have a page read out. plotly draws both as
   shapes without a role. A slider becomes one stop of the Tab key: arrows, Home and End move it as they move any slider; Enter
   or the space bar presses Play. Nothing is drawn anew: the pointer that plotly waits for is sent to where the step lies.
   Listens on the document, so that figures drawn later answer too; runs once however often it is put into a page. */
(() => {
  if (window.ctxKeys) return;
  window.ctxKeys = true;
  const slider = part => part.closest('.slider-group');
  const state = group => {
    const figure = group.closest('.js-plotly-plot');
    const index = [...figure.querySelectorAll('.slider-group')].indexOf(group);
    return figure._fullLayout.sliders[index];
  };
  const tell = group => {
    const {active, steps, currentvalue} = state(group);
    group.setAttribute('aria-valuenow', active);
    group.setAttribute('aria-valuetext', `${currentvalue.prefix || ''}${steps[active].label}`);
  };
  const name = group => {
    const {steps, currentvalue} = state(group);
    const all = {tabindex: 0, role: 'slider', 'aria-valuemin': 0, 'aria-valuemax': steps.length - 1,
                 'aria-label': (currentvalue.prefix || 'step').trim()};
    for (const key in all) group.setAttribute(key, all[key]);
    group.closest('.js-plotly-plot').on('plotly_sliderchange', () => tell(group));
    tell(group);
  };
  const ready = () => {
    document.querySelectorAll('.js-plotly-plot .slider-group:not([role])').forEach(group => {
      if (group.closest('.js-plotly-plot')._fullLayout) name(group);
    });
    document.querySelectorAll('.js-plotly-plot .updatemenu-button:not([role])').forEach(button => {
      button.setAttribute('role', 'button');
      button.setAttribute('tabindex', 0);
    });
  };
  const move = (group, to) => {
    const {steps} = state(group);
    const step = Math.min(steps.length - 1, Math.max(0, to));
    const box = group.querySelector('.slider-rail-touch-rect').getBoundingClientRect();
    const grip = group.querySelector('.slider-grip-rect').getBoundingClientRect();
    const room = box.width - grip.width;
    const at = {bubbles: true, view: window, clientX: box.left + grip.width / 2 + room * step / (steps.length - 1),
                clientY: box.top + box.height / 2};
    group.querySelector('.slider-rail-touch-rect').dispatchEvent(new MouseEvent('mousedown', at));
    group.closest('.js-plotly-plot').dispatchEvent(new MouseEvent('mouseup', at));  // where plotly waits for it
    group.focus();
    requestAnimationFrame(() => tell(group));
  };
  document.addEventListener('keydown', event => {
    const group = event.target.closest && slider(event.target);
    if (group && group.getAttribute('role') === 'slider') {
      const {active, steps} = state(group);
      const to = {ArrowRight: active + 1, ArrowUp: active + 1, ArrowLeft: active - 1, ArrowDown: active - 1, Home: 0,
                  End: steps.length - 1, PageUp: active + 3, PageDown: active - 3}[event.key];
      if (to === undefined) return;
      event.preventDefault();
      move(group, to);
      return;
    }
    if ((event.key === 'Enter' || event.key === ' ') && event.target.matches && event.target.matches('.updatemenu-button')) {
      event.preventDefault();
      event.target.dispatchEvent(new MouseEvent('click', {bubbles: true, view: window}));
    }
  });
  new MutationObserver(ready).observe(document.documentElement, {childList: true, subtree: true});
  ready();
})();
