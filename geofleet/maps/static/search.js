/* One search box for everything on the page that has a name. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, bind = G.bind;
  var MOST = 6, words = function () { return G.words.page; };

  function found(text) {
    var out = [];
    if (!G.fold(text).trim()) return out;
    G.searchable.forEach(function (provider) {
      var hits = provider.find(text).slice(0, MOST);
      if (hits.length) out.push({ label: provider.label, hits: hits });
    });
    return out;
  }

  G.search = function () {
    var box = el("section", "gf-group gf-search"), label = el("label", "gf-hidden", words().search);
    var input = el("input"), list = el("ul", "gf-results"), status = el("div", "gf-hidden");
    var options = [], active = -1;
    input.type = "search";
    bind(input, words().search, "placeholder");
    input.id = label.htmlFor = "gf-search";
    input.autocomplete = "off";
    input.spellcheck = false;
    input.dataset.group = "search";
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", "gf-results");
    list.id = "gf-results";
    list.setAttribute("role", "listbox");
    bind(list, words().search_results, "aria-label");
    status.setAttribute("role", "status");

    function open(yes) {
      list.hidden = !yes;
      input.setAttribute("aria-expanded", String(yes));
    }
    function mark(place) {
      if (options[active]) options[active].node.setAttribute("aria-selected", "false");
      active = place;
      if (active < 0) { input.removeAttribute("aria-activedescendant"); return; }
      options[active].node.setAttribute("aria-selected", "true");
      options[active].node.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[active].node.id);
    }
    function choose(place) {
      var hit = options[place].hit;
      input.value = G.t(hit.label);
      close();
      hit.go();
    }
    function close() {
      mark(-1);
      open(false);
      status.textContent = "";
    }
    function show() {
      mark(-1);
      options = [];
      list.replaceChildren();
      if (!G.fold(input.value).trim()) { close(); return; }
      found(input.value).forEach(function (part) {
        var head = el("li", "gf-result-kind", part.label);
        head.setAttribute("role", "presentation");
        put(list, head);
        part.hits.forEach(function (hit) {
          var node = el("li", "gf-result"), place = options.length;
          node.id = "gf-result-" + place;
          node.setAttribute("role", "option");
          node.setAttribute("aria-selected", "false");
          put(node, el("span", "gf-result-name", hit.label),
            hit.detail ? el("span", "gf-result-detail", hit.detail) : null);
          // the click must come before the box loses the focus
          node.addEventListener("mousedown", function (event) { event.preventDefault(); });
          node.addEventListener("click", function () { choose(place); });
          options.push({ node: node, hit: hit });
          put(list, node);
        });
      });
      if (!options.length) put(list, el("li", "gf-result-kind", words().nothing_found));
      bind(status, options.length ? null : words().nothing_found);
      if (options.length) status.textContent = String(options.length);
      open(true);
    }
    input.addEventListener("input", show);
    input.addEventListener("focus", function () { if (input.value) show(); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", function (event) {
      var n = options.length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (list.hidden) show();
        if (options.length) {
          var step = event.key === "ArrowDown" ? 1 : -1;
          mark(active < 0 ? (step > 0 ? 0 : options.length - 1) : (active + step + options.length) % options.length);
        }
        event.preventDefault();
      } else if (event.key === "Enter" && !list.hidden && n) {
        choose(Math.max(active, 0));
        event.preventDefault();
      } else if (event.key === "Escape") {
        if (list.hidden) input.value = "";
        close();
        event.preventDefault();
      }
    });
    G.onLanguage(function () { if (!list.hidden) show(); });
    open(false);
    return put(box, label, input, list, status);
  };
})();
