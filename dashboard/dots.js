/* The dots of figures whose layout says meta.dots: traces with meta "dots" hold all x and then all y of their points in customdata
   (dots.py). They are drawn into one canvas below plotly's labels, point by point, by the processor: 100,000 take a few
   milliseconds with or without a graphics card. A click on a dot selects it. Our own fixed script; runs once. */
(() => {
  if (window.ctxDots) return;
  window.ctxDots = true;
  const LEGEND = 12, NEAR = 8;  // pixels of plotly's symbols in a legend, and how far a click may be from a dot

  // All points of the groups that are shown, in a mixed order, the same each time: where many lie over each other, what is seen on
  // top has the shares of what is there. A group after the other would show the last one alone.
  const pointsOf = figure => {
    const from = figure._fullData.filter(t => t.meta === 'dots' && t.visible === true), kept = figure.ctxPoints;
    if (kept && kept.from.length === from.length && from.every((t, i) => t.customdata === kept.from[i].customdata)) return kept;
    const count = from.reduce((sum, t) => sum + t.customdata.length / 2, 0), place = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1, seed = 1; i > 0; i--) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;  // Numerical Recipes' generator
      const j = Math.floor(seed / 4294967296 * (i + 1));
      [place[i], place[j]] = [place[j], place[i]];
    }
    const found = { from, count, x: new Float32Array(count), y: new Float32Array(count), group: new Uint8Array(count) };
    let next = 0;
    from.forEach(({ customdata: places }, group) => {
      for (let i = 0, n = places.length / 2; i < n; i++, next++) {
        const at = place[next];
        [found.x[at], found.y[at], found.group[at]] = [places[i], places[n + i], group];
      }
    });
    figure.ctxPoints = found;
    return found;
  };

  // From a place in the plane to a pixel: px = (x - from) * scale. plotly moves the ranges while the reader drags.
  const view = figure => {
    const { xaxis: x, yaxis: y } = figure._fullLayout;
    return { left: x._offset, top: y._offset, width: x._length, height: y._length, x: x.range[0], y: y.range[1],
             across: x._length / (x.range[1] - x.range[0]), down: y._length / (y.range[0] - y.range[1]) };
  };

  // Of each pixel that a dot covers: where, how much is seen through it, and whether the dot hides more than half of it. The symbol
  // is the legend's, or a disc where there is none. Its colour as a pixel holds it: red is the lowest byte.
  const stamp = (figure, trace, size, opacity) => {
    const wide = 2 * Math.ceil(size * 0.75) + 1, canvas = new OffscreenCanvas(wide, wide), pen = canvas.getContext('2d');
    const item = [...figure.querySelectorAll('.legend .traces')].find(one => one.__data__?.[0]?.trace?.index === trace.index);
    const path = item?.querySelector('.legendpoints path')?.getAttribute('d'), disc = new Path2D();
    disc.arc(0, 0, LEGEND / 2, 0, 2 * Math.PI);
    pen.translate(wide / 2, wide / 2);
    pen.scale(size / LEGEND, size / LEGEND);
    pen.fill(path ? new Path2D(path) : disc);
    const alpha = pen.getImageData(0, 0, wide, wide).data, color = parseInt(trace.marker.color.slice(1), 16);
    const found = { right: [], down: [], through: [], hides: [], color: color >> 16 | color & 65280 | (color & 255) << 16 };
    for (let i = 0; i < wide * wide; i++) {
      const covers = alpha[4 * i + 3] / 255;
      if (covers < 0.05) continue;
      found.right.push(i % wide - (wide >> 1));
      found.down.push(Math.floor(i / wide) - (wide >> 1));
      found.through.push(1 - covers * opacity);
      found.hides.push(covers > 0.5);
    }
    return found;
  };

  const inView = (points, at) => {
    let count = 0;
    for (let i = 0; i < points.count; i++) {
      const x = (points.x[i] - at.x) * at.across, y = (points.y[i] - at.y) * at.down;
      if (x >= 0 && x < at.width && y >= 0 && y < at.height) count++;
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
    const at = view(figure), canvas = canvasOf(figure), points = pointsOf(figure);
    const ratio = figure.ctxMoves ? 1 : Math.min(2, window.devicePixelRatio || 1);
    const width = Math.max(1, Math.round(at.width * ratio)), height = Math.max(1, Math.round(at.height * ratio));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const { width: whole, height: tall } = figure._fullLayout, share = (part, of) => `${100 * part / of}%`;  // on paper all is scaled
    Object.assign(canvas.style, {
      left: share(at.left, whole), top: share(at.top, tall), width: share(at.width, whole), height: share(at.height, tall) });
    const many = inView(points, at), size = (many > 20000 ? 3 : many > 1500 ? 4.5 : 7) * ratio, opacity = many > 1500 ? 0.6 : 0.85;
    const stamps = points.from.map(trace => stamp(figure, trace, size, opacity));
    const pen = canvas.getContext('2d'), image = pen.createImageData(width, height), out = new Uint32Array(image.data.buffer);
    const clear = new Float32Array(width * height).fill(1);  // how much of each pixel is seen through all dots
    for (let i = 0; i < points.count; i++) {
      const x = Math.round((points.x[i] - at.x) * at.across * ratio), y = Math.round((points.y[i] - at.y) * at.down * ratio);
      if (!(x > -size && x < width + size && y > -size && y < height + size)) continue;
      const { right, down, through, hides, color } = stamps[points.group[i]];
      for (let k = 0; k < right.length; k++) {
        const px = x + right[k], py = y + down[k], pixel = py * width + px;
        if (px < 0 || px >= width || py < 0 || py >= height) continue;
        if (hides[k] || clear[pixel] === 1) out[pixel] = color;
        clear[pixel] *= through[k];
      }
    }
    for (let i = 0; i < out.length; i++) if (clear[i] < 1) out[i] |= 255 * (1 - clear[i]) << 24;
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
    const points = pointsOf(figure);
    let found = null, least = NEAR * NEAR;
    for (let i = 0; i < points.count; i++) {
      const x = (points.x[i] - at.x) * at.across - right, y = (points.y[i] - at.y) * at.down - down;
      if (x * x + y * y < least) [found, least] = [[points.x[i], points.y[i]], x * x + y * y];
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
    const moves = now => () => {  // with as many pixels as the screen has once it stands still
      figure.ctxMoves = now;
      soon(figure);
    };
    figure.on('plotly_relayouting', moves(true));
    for (const event of ['plotly_afterplot', 'plotly_relayout']) figure.on(event, moves(false));
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
