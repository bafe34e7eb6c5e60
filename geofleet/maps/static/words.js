/* Words of a geofleet page: texts in every language, numbers as the reader writes them.
   Every text from data goes in as text, never as HTML. */
(function () {
  "use strict";
  var G = (window.geofleet = {});

  // a text is a string, or an object with one string for each language
  G.languages = ["en", "es"];
  G.language = "en";
  G.locales = { en: "en-GB", es: "es-MX" };
  var bound = new WeakMap(), nodes = [], room = 2000, listeners = [];

  G.t = function (text) {
    return text !== null && typeof text === "object" ? text[G.language] : text;
  };

  function write(node, attribute, text) {
    if (attribute) node.setAttribute(attribute, G.t(text));
    else {
      node.textContent = G.t(text);
      if (node.namespaceURI === "http://www.w3.org/1999/xhtml") node.dir = "auto";
    }
  }

  // nodes that left the page are forgotten before there are many of them
  function remember(node) {
    nodes.push(new WeakRef(node));
    if (nodes.length < room) return;
    nodes = nodes.filter(function (one) { return one.deref(); });
    room = Math.max(2000, 2 * nodes.length);
  }

  /* Put a text into a node (or into one of its attributes) and keep it in the page's language. */
  G.bind = function (node, text, attribute) {
    if (text === undefined || text === null) return node;
    write(node, attribute, text);
    var texts = bound.get(node), key = attribute || "";
    if (typeof text === "object") {
      if (!texts) {
        bound.set(node, texts = {});
        remember(node);
      }
      texts[key] = text;
    } else if (texts) delete texts[key];
    return node;
  };

  G.el = function (tag, className, text) {
    var node = document.createElement(tag);
    if (className) node.className = className;
    return G.bind(node, text);
  };

  G.put = function (parent) {
    for (var i = 1; i < arguments.length; i++) if (arguments[i]) parent.appendChild(arguments[i]);
    return parent;
  };

  G.svg = function (tag, attributes) {
    var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(attributes || {}).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    return node;
  };

  /* Call when a <details> was opened or closed: at once, where its own event comes a task later. */
  G.onFold = function (details, callback) {
    new MutationObserver(function () { callback(); })
      .observe(details, { attributes: true, attributeFilter: ["open"] });
  };

  /* What must be drawn anew in another language; returns how to stop that. */
  G.onLanguage = function (callback) {
    listeners.push(callback);
    return function () { listeners = listeners.filter(function (one) { return one !== callback; }); };
  };

  G.setLanguage = function (language) {
    if (G.languages.indexOf(language) < 0) return;
    G.language = language;
    document.documentElement.lang = G.locales[language];
    nodes = nodes.filter(function (one) {
      var node = one.deref(), texts = node && bound.get(node);
      if (texts) Object.keys(texts).forEach(function (key) { write(node, key, texts[key]); });
      return Boolean(node);
    });
    listeners.forEach(function (callback) { callback(language); });
  };

  /* A text without accents and in small letters, to be searched. */
  G.fold = function (text) {
    return String(text).normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  };

  /* What scripts register: makers of the panel's groups by kind, each (map, spec) -> node; what the
     search box looks through, each {label, find: text -> [{label, detail, go}]}. */
  G.groups = {};
  G.searchable = [];

  /* Fixed words of the scripts: G.words.room.name, from the message catalogues of those rooms. */
  G.words = {};

  var formats = {};
  G.number = function (value, digits) {
    if (value === null || value === undefined || value !== value) return G.t(G.words.page.unknown);
    if (value === 0) return "0";
    var places = digits || 3;
    var whole = Math.abs(value) >= Math.pow(10, places);
    var locale = G.locales[G.language], key = locale + (whole ? "whole" : places);
    if (!formats[key]) {
      formats[key] = new Intl.NumberFormat(locale, Object.assign({ useGrouping: "always" },
        whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: places }));
    }
    return formats[key].format(value);
  };
})();
