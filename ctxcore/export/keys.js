/* The slider and the play button of a figure, for the keyboard and for those who have a page read out. plotly draws both as
   shapes without a role. A slider becomes one stop of the Tab key: arrows, Home and End move it as they move any slider; Enter
   or the space bar presses Play. Nothing is drawn anew: the pointer that plotly waits for is sent to where the step lies.
   Listens on the document, so that figures drawn later answer too; runs once however often it is put into a page. */
(() => {
  if (window.ctxKeys) return;
  window.ctxKeys = true;
  const slider = part => part.closest('.slider-group');
  const steps = group => {
    const figure = group.closest('.js-plotly-plot');
    return figure._fullLayout.sliders[[...figure.querySelectorAll('.slider-group')].indexOf(group)].steps;
  };
  // Where it stands is read from what it shows: that is drawn last, and by whatever moved it.
  const tell = group => {
    const shown = group.querySelector('.slider-label').textContent;
    const at = steps(group).findIndex(step => shown.endsWith(` ${step.label}`) || shown === step.label);
    if (group.getAttribute('aria-valuetext') === shown || at < 0) return;
    group.setAttribute('aria-valuenow', at);
    group.setAttribute('aria-valuetext', shown);
  };
  const name = group => {
    const shown = group.querySelector('.slider-label');
    if (!shown) return;
    const all = {tabindex: 0, role: 'slider', 'aria-valuemin': 0, 'aria-valuemax': steps(group).length - 1,
                 'aria-label': shown.textContent.replace(/\s*\S+$/, '') || 'step'};
    for (const key in all) group.setAttribute(key, all[key]);
    tell(group);
    new MutationObserver(() => tell(group)).observe(group, {childList: true, characterData: true, subtree: true});
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
  // Where keys have sent a slider, until the figure stands still: keys may come faster than frames, and on the way what is shown
  // lies behind.
  const goals = new WeakMap();
  const move = (group, to) => {
    const last = steps(group).length - 1, step = Math.min(last, Math.max(0, to)), figure = group.closest('.js-plotly-plot');
    if (!goals.has(group)) figure.once('plotly_animated', () => goals.delete(group));
    goals.set(group, step);
    const rail = group.querySelector('.slider-rail-touch-rect'), box = rail.getBoundingClientRect();
    const grip = group.querySelector('.slider-grip-rect').getBoundingClientRect();
    const at = {bubbles: true, view: window, clientY: box.top + box.height / 2,
                clientX: box.left + grip.width / 2 + (box.width - grip.width) * step / last};
    rail.dispatchEvent(new MouseEvent('mousedown', at));
    figure.dispatchEvent(new MouseEvent('mouseup', at));  // where plotly waits for it
    group.focus();
  };
  document.addEventListener('keydown', event => {
    const group = event.target.closest && slider(event.target);
    if (group && group.getAttribute('role') === 'slider') {
      const now = goals.get(group) ?? Number(group.getAttribute('aria-valuenow'));
      const to = {ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1, PageUp: now + 3,
                  PageDown: now - 3, Home: 0, End: Infinity}[event.key];
      if (to === undefined) return;
      event.preventDefault();
      move(group, to);
      return;
    }
    if ((event.key === 'Enter' || event.key === ' ') && event.target.matches && event.target.matches('.updatemenu-button')) {
      event.preventDefault();
      const press = () => event.target.dispatchEvent(new MouseEvent('click', {bubbles: true, view: window}));
      requestAnimationFrame(press);  // a move of the slider waits for the next frame too, and would cut the playing short
    }
  });
  // A move that a later one overtakes (a key that is held down) is given up: plotly tells so as an error without a text.
  window.addEventListener('unhandledrejection', event => {
    if (event.reason === undefined) event.preventDefault();
  });
  new MutationObserver(ready).observe(document.documentElement, {childList: true, subtree: true});
  ready();
})();
