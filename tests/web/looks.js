// What axe cannot see: size, reflow, focus, forced colours, movement. Each function returns what is wrong, in words.
(() => {
  const TABBABLE = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]';
  const named = (e) => `${e.localName}${e.id ? '#' + e.id : ''}${e.className ? '.' + String(e.className).trim().replace(/\s+/g, '.') : ''}`
    + ` “${(e.innerText || e.value || e.getAttribute('aria-label') || '').trim().slice(0, 40)}”`;
  const boxOf = (e) => {
    const all = [e, ...(e.labels && /^(checkbox|radio)$/.test(e.type) ? e.labels : [])].map((x) => x.getBoundingClientRect());
    const left = Math.min(...all.map((b) => b.left)), top = Math.min(...all.map((b) => b.top));
    return { left, top, width: Math.max(...all.map((b) => b.right)) - left, height: Math.max(...all.map((b) => b.bottom)) - top };
  };
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
  const forScreenReaders = (e) => { for (; e; e = e.parentElement) { if (getComputedStyle(e).clipPath === 'inset(50%)') { return true; } } return false; };
  const stops = () => [...document.querySelectorAll(TABBABLE)]
    .filter((e) => shown(e) && !e.matches(':disabled') && e.tabIndex >= 0 && !(e.type === 'radio' && e.form && lastOfGroup(e)));
  const lastOfGroup = (e) => { // of a group of radio buttons only one is a stop
    const group = [...e.form.querySelectorAll(`input[type=radio][name="${CSS.escape(e.name)}"]`)];
    return (group.find((x) => x.checked) || group[0]) !== e;
  };
  const scrolls = (e) => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(p).overflowX) && p.scrollWidth > p.clientWidth) { return p; } } return null; };

  // A link in running text may be as small as its line; one that stands alone may not.
  function alone(link) {
    if (getComputedStyle(link).display !== 'inline') { return true; }
    let block = link.parentElement;
    while (getComputedStyle(block).display.startsWith('inline') && block.parentElement) { block = block.parentElement; }
    const links = [...block.querySelectorAll('a, button')].map((e) => e.innerText).join('');
    return block.innerText.replace(/\s/g, '').length <= links.replace(/\s/g, '').length;
  }

  function luminance(rgb) {
    const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  const numbers = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  function behind(e) {
    for (; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0.5) { return c.slice(0, 3); }
    }
    return [255, 255, 255];
  }
  function contrast(a, b) {
    const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m);
    return (x + 0.05) / (y + 0.05);
  }

  // Where a focus may show: on the element, or on the box drawn before the label of a hidden radio button or tick.
  const drawn = (e) => [[e, null], ...[...(e.labels || [])].flatMap((l) => [[l, null], [l, '::before'], [l, '::after']])];
  const outlines = (e) => drawn(e).map(([x, part]) => {
    const s = getComputedStyle(x, part);
    return { x, style: s.outlineStyle, width: parseFloat(s.outlineWidth), colour: s.outlineColor, inside: parseFloat(s.outlineOffset) < 0 };
  });
  const isDrawn = (o) => o.style !== 'none' && o.width >= 2;

  // The part of a box that what scrolls around it lets be seen.
  function seenOf(e, { left, right, top, bottom }) {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
      if (getComputedStyle(p).overflowY === 'visible') { continue; }
      const b = p.getBoundingClientRect();
      top = Math.max(top, b.top); bottom = Math.min(bottom, b.bottom); left = Math.max(left, b.left); right = Math.min(right, b.right);
    }
    return { left, right, top, bottom };
  }

  function uncovered(e) {
    const target = e.labels && e.labels[0] && /^(checkbox|radio)$/.test(e.type) ? e.labels[0] : e;
    const whole = target.getClientRects()[0]; // of what is taller than the screen, the part that is on it
    const top = Math.max(whole.top, 0), left = Math.max(whole.left, 0);
    const b = { top, left, width: Math.min(whole.right, innerWidth) - left, height: Math.min(whole.bottom, innerHeight) - top };
    return [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]].some(([x, y]) => {
      const hit = document.elementFromPoint(b.left + b.width * x, b.top + b.height * y);
      return hit && (target.contains(hit) || hit.contains(target) && !/fixed|sticky/.test(getComputedStyle(hit).position));
    });
  }

  window.looks = {
    opened: [],
    unfold() {
      this.opened = [...document.querySelectorAll('details:not([open])')];
      this.opened.forEach((d) => { d.open = true; });
    },
    fold() { this.opened.forEach((d) => { d.open = false; }); },

    narrow() {
      const width = document.documentElement.clientWidth, wrong = [];
      if (document.documentElement.scrollWidth > width) { wrong.push(`siden er ${document.documentElement.scrollWidth} bred af ${width}`); }
      for (const e of document.querySelectorAll('body *')) {
        if (!shown(e) || forScreenReaders(e) || e.closest('.vv-skip')) { continue; }
        const b = e.getBoundingClientRect(), holder = scrolls(e);
        if ((b.right > width + 1 || b.left < -1) && !holder) { wrong.push(`uden for skærmen: ${named(e)} ${Math.round(b.left)}–${Math.round(b.right)}`); }
        if (holder && !(holder.tabIndex >= 0 && (holder.getAttribute('aria-label') || holder.getAttribute('aria-labelledby')))) {
          wrong.push(`ruller til siden uden navn eller tastatur: ${named(holder)}`);
        }
        const s = getComputedStyle(e);
        if (/hidden|clip/.test(s.overflowX) && e.scrollWidth > e.clientWidth + 1 && e.innerText?.trim()) { wrong.push(`skåret af: ${named(e)}`); }
        if (/^(button|select)$/.test(e.localName) && e.scrollHeight > e.clientHeight + 3) { wrong.push(`for lav til sin tekst: ${named(e)}`); }
      }
      return [...new Set(wrong)];
    },

    small(least) {
      return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
        .filter((e) => shown(e) && !forScreenReaders(e) && !e.closest('.vv-skip') && (e.localName !== 'a' || alone(e)))
        .map((e) => [e, boxOf(e)])
        .filter(([, b]) => Math.min(b.width, b.height) < least - 0.5)
        .map(([e, b]) => `${named(e)} ${Math.round(b.width)}×${Math.round(b.height)}`);
    },

    overlapping() {
      const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
        .filter((e) => shown(e) && !e.closest('.vv-skip') && !/^(checkbox|radio)$/.test(e.type));
      const parts = all.map((e) => [...e.getClientRects()].map((b) => seenOf(e, b)).filter((b) => b.bottom > b.top)), wrong = [];
      const inBar = (e) => { for (; e; e = e.parentElement) { if (/fixed|sticky/.test(getComputedStyle(e).position)) { return e; } } return null; };
      const bar = all.map(inBar);
      for (let i = 0; i < all.length; i += 1) {
        for (let j = i + 1; j < all.length; j += 1) {
          if (bar[i] !== bar[j] || all[i].contains(all[j]) || all[j].contains(all[i])) { continue; }
          if (parts[i].some((a) => parts[j].some((b) => a.left < b.right - 2 && b.left < a.right - 2 && a.top < b.bottom - 2 && b.top < a.bottom - 2))
            && getComputedStyle(all[i]).display !== 'inline' && getComputedStyle(all[j]).display !== 'inline') {
            wrong.push(`${named(all[i])} og ${named(all[j])} ligger oven i hinanden`);
          }
        }
      }
      return wrong;
    },

    unfocused(forced) {
      const wrong = [], was = document.activeElement;
      for (const e of stops()) {
        if (document.activeElement) { document.activeElement.blur(); }
        const before = outlines(e);
        e.focus();
        if (document.activeElement !== e) { wrong.push(`tager ikke fokus: ${named(e)}`); continue; }
        const ring = outlines(e).find((o, i) => isDrawn(o) && !isDrawn(before[i]));
        if (!ring) { wrong.push(`fokus ses ikke: ${named(e)}`); continue; }
        if (!forced) {
          const ratio = contrast(numbers(ring.colour), behind(ring.inside ? ring.x : ring.x.parentElement));
          if (ratio < 3) { wrong.push(`fokus er for svag (${ratio.toFixed(1)}:1): ${named(e)}`); }
          if (!uncovered(e)) { wrong.push(`fokus er skjult bag noget: ${named(e)}`); }
        }
      }
      if (was && was !== document.body) { was.focus({ preventScroll: true }); } else { document.activeElement?.blur(); }
      return wrong;
    },

    borderless() {
      const bordered = (s) => ['Top', 'Right', 'Bottom', 'Left'].some((side) => parseFloat(s[`border${side}Width`]) >= 1 && s[`border${side}Style`] !== 'none');
      return [...document.querySelectorAll('input:not([type=hidden]), select, textarea, .button:not(.button-unstyled)')].filter(shown)
        .filter((e) => !drawn(e).some(([x, part]) => bordered(getComputedStyle(x, part)))).map(named);
    },

    moving() {
      const wrong = document.getAnimations().map((a) => `bevæger sig: ${named(a.effect.target)}`);
      const long = (value) => value.split(',').some((v) => parseFloat(v) > 0.011);
      for (const e of document.querySelectorAll('*')) {
        for (const part of [null, '::before', '::after']) {
          const s = getComputedStyle(e, part);
          if (part && s.content === 'none') { continue; }
          if (long(s.transitionDuration) || s.animationName !== 'none' && long(s.animationDuration)) { wrong.push(`glider: ${named(e)}${part || ''}`); }
        }
        if (getComputedStyle(e).scrollBehavior === 'smooth') { wrong.push(`ruller blødt: ${named(e)}`); }
      }
      return [...new Set(wrong)];
    },
  };
})();
