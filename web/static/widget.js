// <borgerraadgiver-vejviser>: a button, and the chat in a frame. Nothing is fetched, and nothing stored, before it is
// opened. All of it stands in a shadow tree in the top layer, so neither page nor widget can dress the other.
(function () {
  "use strict";
  var NAME = "borgerraadgiver-vejviser";
  var source = document.currentScript && document.currentScript.src;
  if (!source || !window.customElements || customElements.get(NAME)) { return; }
  var PAGE = new URL("indlejret", source).href;
  var WHOLE = new URL("./", source).href;
  var PATIENCE = 20000, GRACE = 2000;  // ms until told that the chat does not come; after what came was not the chat
  var SMALL = "(max-width: 640px), (max-height: 520px)";

  var STYLE = ":host{all:initial!important;display:block!important;direction:ltr!important;unicode-bidi:isolate!important}" +
    "*{box-sizing:border-box}" +
    ".root{position:fixed;inset:auto;right:0;bottom:0;z-index:2147483647;margin:0;padding:0;border:0;background:none;color:#1a1a1a;overflow:visible;" +
    "width:auto;height:auto;font:16px/1.4 'IBM Plex Sans',system-ui,sans-serif}" +
    "button,a{font:inherit;font-weight:600;cursor:pointer}" +
    ".open{margin:16px;min-height:52px;padding:12px 22px;border:2px solid #fff;border-radius:28px;background:#0b3d66;color:#fff;box-shadow:0 2px 10px rgba(0,0,0,.4)}" +
    ".open:hover,.close:hover{text-decoration:underline}" +
    ":focus-visible{outline:3px solid #1a1a1a;outline-offset:3px;box-shadow:0 0 0 3px #fff}" +
    ".head :focus-visible{outline-color:#fff;outline-offset:-4px;box-shadow:none}" +
    "dialog{position:fixed;inset:auto 16px 16px auto;margin:0;padding:0;border:1px solid #0b3d66;border-radius:8px;width:440px;max-width:none;" +
    "height:min(720px,calc(100vh - 32px));max-height:none;background:#fff;color:inherit;overflow:hidden;flex-direction:column;box-shadow:0 4px 24px rgba(0,0,0,.4)}" +
    "dialog[open]{display:flex}" +
    ".head{display:flex;align-items:center;gap:8px;padding:4px 4px 4px 16px;background:#0b3d66;color:#fff}" +
    "h2{flex:1;margin:0;font-size:18px;font-weight:600}" +
    ".close{min-width:44px;min-height:44px;padding:8px 16px;border:0;border-radius:4px;background:none;color:#fff}" +
    "iframe{display:block;flex:1;width:100%;min-height:0;border:0;background:#fff}" +
    ".failed{margin:0;padding:16px}[hidden]{display:none!important}a{color:#0b3d66;display:inline-block;padding:12px 0}" +
    "@media " + SMALL + "{dialog{inset:0;width:100%;height:100%;border:0;border-radius:0}}" +
    "@media (forced-colors:active){.open,.close,dialog{border:2px solid ButtonBorder}}" +
    "@media print{.root{display:none!important}}";

  var SHAPE = '<div class="root" lang="da"><button type="button" class="open" aria-haspopup="dialog" aria-expanded="false">Spørg Vejviseren</button>' +
    '<dialog aria-labelledby="navn"><div class="head"><h2 id="navn">Vejviseren</h2>' +
    '<button type="button" class="close" aria-label="Luk chatten" autofocus>Luk</button></div>' +
    '<iframe title="Chat med Vejviseren" allow="clipboard-write" referrerpolicy="no-referrer"></iframe>' +
    '<p class="failed" role="alert" hidden></p></dialog></div>';

  function dress(root) {
    if ("adoptedStyleSheets" in root && window.CSSStyleSheet && CSSStyleSheet.prototype.replaceSync) {
      var sheet = new CSSStyleSheet();  // no style element, so the page's own content policy has nothing against it
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } else {
      var style = document.createElement("style");
      style.textContent = STYLE;
      root.prepend(style);
    }
  }

  class Vejviser extends HTMLElement {
    connectedCallback() {
      if (!this.shadowRoot) { this.build(); }
      var root = this.root;
      if (root.showPopover) {
        root.popover = "manual";
        if (!root.matches(":popover-open")) { root.showPopover(); }
      }
      this.hear = this.hear || this.heard.bind(this);
      window.addEventListener("message", this.hear);
    }

    disconnectedCallback() { window.removeEventListener("message", this.hear); }

    build() {
      var shadow = this.attachShadow({ mode: "open" });
      shadow.innerHTML = SHAPE;
      dress(shadow);
      var find = shadow.querySelector.bind(shadow);
      this.root = find(".root");
      this.button = find(".open");
      this.dialog = find("dialog");
      this.frame = find("iframe");
      this.failed = find(".failed");
      this.button.addEventListener("click", this.open.bind(this));
      this.frame.addEventListener("load", function () {  // also for the browser's own page about what it would not show
        if (this.frame.src) { this.expect(GRACE); }
      }.bind(this));
      find(".close").addEventListener("click", this.close.bind(this));
      this.dialog.addEventListener("close", this.closed.bind(this));
      this.dialog.addEventListener("keydown", function (event) {
        if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.close(); }
      }.bind(this));
    }

    open() {
      if (this.dialog.open) { return; }
      if (!this.frame.src) {
        this.frame.src = PAGE;
        this.ready = false;
        this.expect(PATIENCE);
      }
      this.button.hidden = true;
      this.button.setAttribute("aria-expanded", "true");
      // On a phone it covers the page, so the page behind it must be out of reach; on a wide screen both can be used.
      if (matchMedia(SMALL).matches) { this.dialog.showModal(); } else { this.dialog.show(); }
    }

    expect(within) {
      clearTimeout(this.timer);
      this.timer = setTimeout(function () { if (!this.ready) { this.fail(); } }.bind(this), within);
    }

    close() { if (this.dialog.open) { this.dialog.close(); } }

    closed() {
      this.button.hidden = false;
      this.button.setAttribute("aria-expanded", "false");
      this.button.focus();
      if (!this.failed.hidden) {  // try again the next time
        this.frame.removeAttribute("src");
        this.frame.hidden = false;
        this.failed.hidden = true;
      }
    }

    fail() {
      var link = document.createElement("a");
      link.href = WHOLE;
      link.target = "_blank";
      link.rel = "noopener";
      link.textContent = "Åbn chatten på sin egen side";
      this.failed.replaceChildren("Chatten kan ikke vises her lige nu. ", link);
      this.failed.hidden = false;
      this.frame.hidden = true;
    }

    heard(event) {
      if (event.source !== this.frame.contentWindow || event.origin !== new URL(PAGE).origin || !event.data) { return; }
      if (event.data.vejviser === "luk") { this.close(); }
      if (event.data.vejviser === "klar") {
        this.ready = true;
        this.frame.hidden = false;
        this.failed.hidden = true;
      }
    }
  }

  customElements.define(NAME, Vejviser);
})();
