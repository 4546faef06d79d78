/* Two things that only the browser can do: one press of Back for one page, and typed text that survives a reload.
   Our own fixed script: typed text is never put into it, and it puts text nowhere but into the field that it was typed in. */
(() => {
  if (window.ctxKept) return;

  // Every change of the address would be a step of the history. Here a step is a page: what changes on a page replaces it.
  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const to = url == null ? location : new URL(url, location.href);
    return to.pathname === location.pathname ? history.replaceState(state, title, url) : push(state, title, url);
  };

  /* Drafts: what was typed into the workspace's fields and is not known to have reached the server, in this tab alone.
     base: how the server's workspace filled the field when the typing began. After a reload a draft is put back only where the
     field is filled so again: then it is the same workspace, before the typing reached it. */
  const STORE = 'ctx-drafts', FIELD = /(?:^|\s)st-key-(editor_\w+)/;
  const drafts = () => {
    try { return JSON.parse(sessionStorage.getItem(STORE)) || {}; } catch { return {}; }
  };
  const keep = found => {
    try { sessionStorage.setItem(STORE, JSON.stringify(found)); } catch { sessionStorage.removeItem(STORE); }
  };
  const keyOf = field => {
    const place = field.closest && field.closest('[class*="st-key-editor_"]');
    const found = place && field.matches('textarea, input') && FIELD.exec(place.className);
    return found && found[1];
  };
  const fieldOf = key => document.querySelector(`.st-key-${key} textarea, .st-key-${key} input`);
  const sum = text => {  // CRC-32 of its UTF-8, as the server counts it
    let crc = ~0;
    for (const byte of new TextEncoder().encode(text)) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    return ~crc >>> 0;
  };

  let server = null, page = null;  // what the server says of each field: [as typed, as its workspace fills it]
  const based = key => (server && server[key] ? server[key][1] : null);

  document.addEventListener('input', event => {
    const key = keyOf(event.target);
    if (!key) return;
    const found = drafts(), before = found[key];
    found[key] = { text: event.target.value, base: before ? before.base : based(key), known: before ? before.known : server !== null };
    keep(found);
  }, true);

  const putBack = (field, text) => {
    const kind = field.tagName === 'TEXTAREA' ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, 'value').set.call(field, text);
    field.dispatchEvent(new Event('input', { bubbles: true }));
    // The field has to take the text in before it is told that the reader has left it, which sends the text.
    setTimeout(() => field.dispatchEvent(new FocusEvent('focusout', { bubbles: true })), 100);
  };

  let turn = 0;
  const settle = (fresh, mine, tries) => {
    if (mine !== turn) return;
    const found = drafts();
    let waits = false;  // for a field that is still being drawn
    for (const [key, draft] of Object.entries(found)) {
      const field = fieldOf(key), base = based(key);
      const typing = field && field.value === draft.text;
      if (server[key] && server[key][0] === sum(draft.text)) delete found[key];  // it has arrived
      else if (typing) Object.assign(found[key], { base, known: true });  // typed on meanwhile
      else if (draft.known && draft.base !== base) delete found[key];  // another workspace by now
      else if (fresh && field) putBack(field, draft.text);
      else if (field) delete found[key];  // the page filled the field anew
      else waits = true;
    }
    keep(found);
    if (fresh && waits && tries) setTimeout(settle, 250, fresh, mine, tries - 1);
  };

  window.ctxKept = (where, fields) => {
    const fresh = where !== page;
    [page, server] = [where, fields];
    setTimeout(settle, 150, fresh, ++turn, 20);  // the fields are filled by then
  };

  // A file is asked for by a name that lasts until the page is drawn anew: a press at that moment is made once more. What then
  // fails has a reason, which the page shows when it is asked.
  const again = new WeakMap();
  document.addEventListener('click', event => {
    const box = event.target.closest && event.target.closest('[data-testid=stDownloadButton]');
    if (!box) return;
    const watch = new MutationObserver(() => {
      if (!box.querySelector('[data-testid=stDownloadButtonError]')) return;
      watch.disconnect();
      const first = !(Date.now() - again.get(box) < 60000);
      again.set(box, Date.now());
      const press = first ? box.querySelector('button') : document.querySelector('.st-key-why_failed button');
      if (press) setTimeout(() => press.click(), first ? 1500 : 0);
    });
    watch.observe(box, { childList: true, subtree: true });
    setTimeout(() => watch.disconnect(), 300000);
  }, true);
})();
