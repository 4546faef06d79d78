/* The dots of figures whose layout says meta.dots: traces with meta "dots" hold all x and then all y of their points in customdata
   (dots.py). They are drawn into one canvas below plotly's labels, point by point, by the processor: 100,000 take a few
   milliseconds with or without a graphics card. A click on a dot selects it. Our own fixed script; runs once. */
(() => {
  if (window.ctxDots) return;
  window.ctxDots = true;
  const LEGEND = 12, NEAR = 8;  // pixels of plotly's symbols in a legend, and how far a click may be from a dot
  const shown = figure => figure._fullData.filter(t => t.meta === 'dots' && t.visible === true);

  // From a place in the plane to a pixel: px = (x - from) * scale. plotly moves the ranges while the reader drags.
  const view = figure => {
    const { xaxis: x, yaxis: y } = figure._fullLayout;
    return { left: x._offset, top: y._offset, width: x._length, height: y._length, x: x.range[0], y: y.range[1],
             across: x._length / (x.range[1] - x.range[0]), down: y._length / (y.range[0] - y.range[1]) };
  };

  // How much of each pixel a dot covers: the symbol of the legend, or a disc where there is none.
  const stamp = (figure, trace, size, opacity) => {
    const wide = 2 * Math.ceil(size * 0.75) + 1, canvas = new OffscreenCanvas(wide, wide), pen = canvas.getContext('2d');
    const item = [...figure.querySelectorAll('.legend .traces')].find(one => one.__data__?.[0]?.trace?.index === trace.index);
    const path = item?.querySelector('.legendpoints path')?.getAttribute('d');
    pen.translate(wide / 2, wide / 2);
    pen.scale(size / LEGEND, size / LEGEND);
    const disc = new Path2D();
    disc.arc(0, 0, LEGEND / 2, 0, 2 * Math.PI);
    pen.fill(path ? new Path2D(path) : disc);
    const alpha = pen.getImageData(0, 0, wide, wide).data, found = [];
    for (let i = 0; i < wide * wide; i++) {
      const covers = alpha[4 * i + 3] / 255 * opacity;
      if (covers > 0.02) found.push([i % wide - (wide >> 1), Math.floor(i / wide) - (wide >> 1), 1 - covers]);
    }
    return found;
  };

  const inView = (figure, at) => {
    let count = 0;
    for (const { customdata: places } of shown(figure)) {
      for (let i = 0, n = places.length / 2; i < n; i++) {
        const x = (places[i] - at.x) * at.across, y = (places[n + i] - at.y) * at.down;
        if (x >= 0 && x < at.width && y >= 0 && y < at.height) count++;
      }
    }
    return count;
  };

  const canvasOf = figure => {
    const place = figure.querySelector('.gl-container');
    let canvas = place.querySelector('.ctx-dots');
    if (!canvas) {
      canvas = Object.assign(document.createElement('canvas'), { className: 'ctx-dots' });
      canvas.style.cssText = 'position: absolute; pointer-events: none';
      place.append(canvas);
    }
    return canvas;
  };

  const draw = figure => {
    const at = view(figure), canvas = canvasOf(figure), ratio = Math.min(2, window.devicePixelRatio || 1);
    const width = Math.max(1, Math.round(at.width * ratio)), height = Math.max(1, Math.round(at.height * ratio));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    Object.assign(canvas.style, { left: `${at.left}px`, top: `${at.top}px`, width: `${at.width}px`, height: `${at.height}px` });
    const many = inView(figure, at), size = (many > 20000 ? 3 : many > 1500 ? 4.5 : 7) * ratio, opacity = many > 1500 ? 0.6 : 0.85;
    const pen = canvas.getContext('2d'), image = pen.createImageData(width, height), out = image.data;
    const clear = new Float32Array(width * height);  // of each pixel, how much is seen through the dots of a trace
    for (const trace of shown(figure)) {
      const places = trace.customdata, n = places.length / 2, dot = stamp(figure, trace, size, opacity);
      clear.fill(1);
      for (let i = 0; i < n; i++) {
        const x = Math.round((places[i] - at.x) * at.across * ratio), y = Math.round((places[n + i] - at.y) * at.down * ratio);
        if (!(x > -20 && x < width + 20 && y > -20 && y < height + 20)) continue;
        for (let k = 0; k < dot.length; k++) {
          const px = x + dot[k][0], py = y + dot[k][1];
          if (px >= 0 && px < width && py >= 0 && py < height) clear[py * width + px] *= dot[k][2];
        }
      }
      // One colour: its dots over each other are as one layer, which lies over those before.
      const color = parseInt(trace.marker.color.slice(1), 16), parts = [color >> 16, color >> 8 & 255, color & 255];
      for (let i = 0; i < clear.length; i++) {
        if (clear[i] === 1) continue;
        const over = 1 - clear[i], under = out[4 * i + 3] / 255 * clear[i], all = over + under;
        for (let c = 0; c < 3; c++) out[4 * i + c] = (parts[c] * over + out[4 * i + c] * under) / all;
        out[4 * i + 3] = 255 * all;
      }
    }
    pen.putImageData(image, 0, 0);
    const chosen = figure.ctxChosen;
    if (!chosen) return;
    pen.strokeStyle = '#E0245E';
    pen.lineWidth = 2 * ratio;
    pen.beginPath();
    pen.arc((chosen[0] - at.x) * at.across * ratio, (chosen[1] - at.y) * at.down * ratio, size, 0, 2 * Math.PI);
    pen.stroke();
  };

  const soon = figure => {
    if (figure.ctxFrame) return;
    figure.ctxFrame = requestAnimationFrame(() => {
      figure.ctxFrame = 0;
      if (figure._fullLayout?.meta?.dots) draw(figure);
    });
  };

  const nearest = (figure, event) => {
    const at = view(figure), box = figure.getBoundingClientRect();
    const right = event.clientX - box.left - at.left, down = event.clientY - box.top - at.top;
    let found = null, least = NEAR * NEAR;
    for (const { customdata: places } of shown(figure)) {
      for (let i = 0, n = places.length / 2; i < n; i++) {
        const x = (places[i] - at.x) * at.across - right, y = (places[n + i] - at.y) * at.down - down;
        if (x * x + y * y < least) [found, least] = [[places[i], places[n + i]], x * x + y * y];
      }
    }
    return found;
  };

  // What plotly says when a box was drawn: the page sends the corners on.
  const choose = (figure, place) => {
    figure.ctxChosen = place;
    soon(figure);
    if (!place) return;
    const [x, y] = place;
    figure.emit('plotly_selected', { points: [], selections: [{ type: 'rect', xref: 'x', yref: 'y', x0: x, x1: x, y0: y, y1: y }] });
  };

  const begin = figure => {
    figure.dataset.dots = 'yes';
    for (const event of ['plotly_afterplot', 'plotly_relayouting', 'plotly_relayout']) figure.on(event, () => soon(figure));
    for (const event of ['plotly_selecting', 'plotly_deselect']) figure.on(event, () => choose(figure, null));
    figure.addEventListener('click', event => {
      if (event.target.matches?.('.nsewdrag') && figure._fullLayout.meta?.dots) choose(figure, nearest(figure, event));
    });
    soon(figure);
  };
  new MutationObserver(() => {
    document.querySelectorAll('.js-plotly-plot:not([data-dots])').forEach(figure => {
      if (figure.on && figure._fullLayout?.meta?.dots) begin(figure);
    });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
