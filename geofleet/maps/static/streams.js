/* Columns that a page holds in few bytes, and messages with open places. */
(function () {
  "use strict";
  var G = window.geofleet;

  /* A number that is not known. */
  G.UNKNOWN = 1 << 30;

  function inflate(text) {
    var raw = atob(text), bytes = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).arrayBuffer().then(function (buffer) { return new Uint8Array(buffer); });
  }

  /* Promise of {numbers: name -> Int32Array, texts: [null, text, …]}. */
  G.unpack = function (spec) {
    if (typeof DecompressionStream === "undefined") return Promise.reject(new Error("no DecompressionStream"));
    return Promise.all([inflate(spec.numbers), inflate(spec.texts)]).then(function (read) {
      var bytes = read[0], at = 0, numbers = {};
      spec.layout.forEach(function (item) {
        var count = item[1], code = item[2], out = new Int32Array(count), last = 0;
        for (var i = 0; i < count; i++) {
          var value = 0, shift = 0, byte;
          do {
            byte = bytes[at++];
            value |= (byte & 127) << shift;
            shift += 7;
          } while (byte & 128);
          if (code) value = (value >>> 1) ^ -(value & 1);
          if (code === 2) value = last = last + value;
          out[i] = value;
        }
        numbers[item[0]] = out;
      });
      return { numbers: numbers, texts: [null].concat(JSON.parse(new TextDecoder().decode(read[1]))) };
    });
  };

  /* A message with its places filled, in every language; values are texts, or made anew in each. */
  G.fill = function (template, values) {
    var out = {};
    G.languages.forEach(function (language) {
      out[language] = template[language].replace(/\{(\w+)\}/g, function (whole, name) {
        var value = values[name];
        if (typeof value === "function") value = value(language);
        if (value === undefined || value === null) return whole;
        return typeof value === "object" ? value[language] : String(value);
      });
    });
    return out;
  };

  /* A number as text in every language: significant digits as G.number, unit after it. */
  G.quantity = function (value, unit, digits) {
    var out = {}, was = G.language;
    G.languages.forEach(function (language) {
      G.language = language;
      out[language] = G.number(value, digits) + (unit ? "\u00a0" + unit : "");
    });
    G.language = was;
    return out;
  };

  /* Per cent of a share of one, whole, in every language. */
  G.share = function (value, places) {
    var out = {};
    G.languages.forEach(function (language) {
      out[language] = new Intl.NumberFormat(G.locales[language],
        { minimumFractionDigits: places || 0, maximumFractionDigits: places || 0 }).format(100 * value)
        .replace("-", "\u2212") + "\u00a0%";
    });
    return out;
  };

  /* Hours and minutes of seconds after midnight. */
  G.clock = function (seconds) {
    var minutes = Math.floor(seconds / 60 + 1e-6), hours = Math.floor(minutes / 60) % 24;
    minutes = minutes % 60;
    var after = Math.floor((seconds + 6e-5) / 86400);
    return (hours < 10 ? "0" : "") + hours + ":" + (minutes < 10 ? "0" : "") + minutes +
      (after > 0 ? " +" + after : "");
  };
})();
