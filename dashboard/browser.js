/* What only the browser can do: one press of Back for one page, typed text that survives a reload or a server that was away, a
   line that says when it is away, a download that is asked for once more and says why it failed, the keyboard in a pop-over, a
   menu of a phone that closes.
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
  const DRAFTS = 'ctx-drafts', COPY = 'ctx-copy', FIELD = /(?:^|\s)st-key-(editor_\w+)/;
  const stored = name => {
    try { return JSON.parse(sessionStorage.getItem(name)) || {}; } catch { return {}; }
  };
  const store = (name, found) => {
    try { sessionStorage.setItem(name, JSON.stringify(found)); } catch { sessionStorage.removeItem(name); }
  };
  const keyOf = field => {
    const place = field.closest && field.closest('[class*="st-key-editor_"]');
    const found = place && field.matches('textarea, input') && FIELD.exec(place.className);
    return found && found[1];
  };
  const fieldOf = key => document.querySelector(`.st-key-${key} textarea, .st-key-${key} input`);
  const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
    for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
    return byte;
  });
  const sum = text => {  // CRC-32 of its UTF-8, as the server counts it
    let crc = ~0;
    for (const byte of new TextEncoder().encode(text)) crc = (crc >>> 8) ^ CRC[(crc ^ byte) & 255];
    return ~crc >>> 0;
  };

  const running = () => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'running';
  let lost = null;  // the name of a workspace that the server has no longer
  let server = null, page = null;  // of each field: [as typed, as its workspace fills it], null where the page fills it
  let typing = false;  // has the reader typed since the page was loaded?
  const based = key => (server && server[key] ? server[key][1] : null);

  document.addEventListener('input', event => {
    const key = keyOf(event.target);
    if (!key) return;
    typing = typing || event.isTrusted;
    const found = stored(DRAFTS), before = found[key];
    found[key] = { text: event.target.value, base: before ? before.base : based(key), known: before ? before.known : server !== null };
    store(DRAFTS, found);
  }, true);

  const putBack = (field, text) => {
    const kind = field.tagName === 'TEXTAREA' ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, 'value').set
      .call(field, field.value !== text ? text : text.endsWith(' ') ? text.slice(0, -1) : `${text} `);  // the same is not sent
    field.dispatchEvent(new Event('input', { bubbles: true }));
    // The field has to take the text in before it is told that the reader has left it, which sends the text.
    setTimeout(() => field.dispatchEvent(new FocusEvent('focusout', { bubbles: true })), 100);
  };

  const unsent = () => {  // the drafts without those that have arrived
    const found = stored(DRAFTS);
    for (const [key, draft] of Object.entries(found)) if (server[key] && server[key][0] === sum(draft.text)) delete found[key];
    store(DRAFTS, found);
    return found;
  };

  let turn = 0;
  const settle = (fresh, mine, tries) => {
    if (mine !== turn) return;
    const found = unsent(), back = [];
    let waits = false;  // for a field that is still being drawn
    for (const [key, draft] of Object.entries(found)) {
      const field = fieldOf(key), base = based(key);
      if (field && field.value === draft.text) Object.assign(draft, { base, known: true });  // typed on meanwhile
      else if (draft.known && draft.base !== base) delete found[key];  // another workspace by now
      else if (!field) waits = true;
      else if (fresh) back.push(key);
      else if (!returning.has(key)) delete found[key];  // the page filled the field anew
    }
    store(DRAFTS, found);
    for (const key of back) {
      returning.add(key);
      putBack(fieldOf(key), found[key].text);
    }
    if (back.length) setTimeout(insist, PAUSE, 30);
    copy();
    if (fresh && waits && tries) setTimeout(settle, 250, fresh, mine, tries - 1);
  };

  /* What is put back can be lost once more: a page that is being drawn fills its field anew at that moment, or has not begun to
     listen. It is put back until the server has it, or the reader types. */
  const PAUSE = 2000, returning = new Set();
  const insist = tries => {
    const found = unsent();
    for (const key of returning) if (typing || !tries || !found[key]) returning.delete(key);
    for (const key of returning) if (!running() && fieldOf(key)) putBack(fieldOf(key), found[key].text);
    if (returning.size) setTimeout(insist, PAUSE, tries - 1);
  };

  /* Text that fits no address is kept by the server, under a name in it. Here is a copy for when the server was started anew. */
  const named = () => new URLSearchParams(location.search).get('kept');
  const copy = () => {
    if (!named() || named() === lost) return;
    const before = stored(COPY).fields || {}, fields = {};
    for (const [key, [typed]] of Object.entries(server)) {
      const field = fieldOf(key), text = field ? field.value : before[key];
      if (text !== undefined && sum(text) === typed) fields[key] = text;
    }
    store(COPY, { name: named(), fields });
  };
  // Put back until the server says that it has it: a page that is being drawn may fill a field anew at the same moment.
  const restore = (gone, tries) => {
    const { name, fields } = stored(COPY);
    if (name !== gone) return;
    const left = Object.keys(fields).filter(key => server[key] && server[key][0] !== sum(fields[key]));
    if (!left.length || !tries || typing) return sessionStorage.removeItem(COPY);
    // While the page is being drawn the text may be on its way: sent once more, it would make the page begin anew each time.
    const busy = running();
    if (!busy) for (const key of left.filter(fieldOf)) putBack(fieldOf(key), fields[key]);
    setTimeout(restore, busy ? 500 : 3000, gone, busy ? tries : tries - 1);
  };

  /* The server away: fields are grey and take nothing, and Streamlit says nothing of it. What a field held as it went grey
     counts as sent, and is not: once the server is back, text that it does not have is sent. */
  const AWAY = 'data-test-connection-state', PATIENCE = 3000;
  let away = null;  // the timer, while it is
  // Again until the server has it: one that was started anew takes what is sent first for what the field has always held.
  const overdue = (texts, tries) => {
    const left = Object.entries(texts).filter(([key, text]) => {
      const field = fieldOf(key);
      return field && field.value.trimEnd() === text.trimEnd() && server && server[key] && server[key][0] !== sum(field.value);
    });
    if (!running()) for (const [key] of left) putBack(fieldOf(key), fieldOf(key).value);
    if (left.length && tries) setTimeout(overdue, 2000, texts, tries - 1);
  };
  const tell = () => {
    const line = Object.assign(document.createElement('div'), { className: 'ctx-away', role: 'status' });
    document.body.append(line);
    line.textContent = 'The server does not answer. This page waits for it and keeps what you typed.';
  };
  const connection = () => {
    const here = document.querySelector(`[${AWAY}]`)?.getAttribute(AWAY) === 'CONNECTED';
    if (here && away !== null) {
      clearTimeout(away);
      away = null;
      document.querySelectorAll('.ctx-away').forEach(line => line.remove());
      const drafts = Object.entries(stored(DRAFTS)).map(([key, draft]) => [key, draft.text]);
      setTimeout(overdue, 500, Object.fromEntries(drafts), 60);  // its fields can be typed into by then
    } else if (!here && away === null) away = setTimeout(tell, PATIENCE);
  };
  new MutationObserver(connection).observe(document.body, { attributes: true, attributeFilter: [AWAY], subtree: true });

  // A link beyond these bounds does not reach our pages: Streamlit leaves out all of it, and says so in its log alone.
  const asked = location.search, unread = asked.length > 512 * 1024 || asked.split('&').length > 1000;
  const say = tries => {
    const button = document.querySelector('.st-key-link_unread button');
    if (button) button.click();
    else if (tries) setTimeout(say, 250, tries - 1);  // it is still being drawn
  };

  window.ctxKept = (where, fields, gone) => {
    const fresh = where !== page;
    if (page === null && unread) say(20);
    [page, server] = [where, fields];
    unsent();  // at once: what is typed from now on begins from this workspace
    if (gone && gone !== lost) restore(gone, 10);
    lost = gone;
    setTimeout(settle, 150, fresh, ++turn, 20);  // the fields are filled by then
  };

  /* A download that fails shows a short line of Streamlit's own. The page is drawn anew, and says what went wrong. Its button is
     pressed once more: a file is asked for by a name that lasts until the page is drawn anew, and may have been lost to that. */
  const told = new WeakSet(), again = new WeakMap();
  const failed = error => {
    if (told.has(error)) return;
    told.add(error);
    document.querySelector('.st-key-download_failed button')?.click();
    const box = error.closest('[data-testid=stDownloadButton]');
    if (!box || Date.now() - again.get(box) < 60000) return;
    again.set(box, Date.now());
    setTimeout(() => box.querySelector('button')?.click(), 1500);
  };
  // What a figure is taken away by stands at the end of the page's source: the keyboard goes there when it opens.
  const entered = new WeakSet();
  const enter = body => {
    const first = body.querySelector('[role=radio][aria-checked=true]');
    if (!first || entered.has(body)) return;
    entered.add(body);
    first.focus({ preventScroll: true });
  };
  new MutationObserver(() => {
    document.querySelectorAll('[data-testid=stDownloadButtonError]').forEach(failed);
    document.querySelectorAll('[data-testid=stPopoverBody]:has([class*=st-key-file_of_])').forEach(enter);
  }).observe(document.body, { childList: true, subtree: true });

  /* A line of progress is drawn anew twice a second. On a busy server Streamlit drops the rest of a run when such a drawing arrives
     just as the run has ended: the line then stands still for good. The page is drawn anew. */
  const STATE = 'data-test-script-state', STILL = 3000;
  let drawn = Date.now();
  new MutationObserver(() => { drawn = Date.now(); }).observe(document.body, { attributes: true, attributeFilter: [STATE], subtree: true });
  setInterval(() => {
    const waits = document.querySelector('[data-testid=stProgress]') && !running() && !document.hidden && away === null;
    if (waits && Date.now() - drawn > STILL) document.querySelector('.st-key-download_failed button')?.click();
  }, 1000);

  // On a narrow screen the menu of pages lies over the page. A tap on one of its links closes it, as on any site.
  const close = () => {
    const button = document.querySelector('[data-testid=stSidebar][data-collapsed=false] [data-testid=stSidebarCollapseButton] button');
    if (button && window.innerWidth <= 768) setTimeout(() => button.click());
  };
  document.addEventListener('click', event => {
    if (event.target.closest && event.target.closest('[data-testid=stSidebar] a')) close();
  });
  // A link may have been tapped before this script was here.
  const loaded = performance.getEntriesByType('navigation')[0];
  if (loaded && new URL(loaded.name).pathname !== location.pathname) close();
})();
