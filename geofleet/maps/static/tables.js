/* Groups of the panel that tell in tables and lists. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put;

  function fold(spec, className) {
    var box = el("details", "gf-group gf-fold " + className);
    box.open = Boolean(spec.open);
    box.dataset.group = spec.name;
    return put(box, put(el("summary"), el("span", "gf-label", spec.label)));
  }

  /* spec: label, columns, rows of texts (the first names the row), total (the last row is a sum),
     colours (of rows), note, open. */
  G.groups.table = function (map, spec) {
    var box = fold(spec, "gf-table"), table = el("table"), head = el("tr"), body = el("tbody");
    spec.columns.forEach(function (text) {
      var cell = el("th", "", text);
      cell.scope = "col";
      put(head, cell);
    });
    spec.rows.forEach(function (cells, k) {
      var row = el("tr", spec.total && k === spec.rows.length - 1 ? "gf-total" : "");
      cells.forEach(function (text, n) {
        var cell = el(n ? "td" : "th", n && G.t(text).length > 16 ? "gf-wrap" : "");
        if (!n) {
          cell.scope = "row";
          if (spec.colours && spec.colours[k]) {
            var mark = el("span", "gf-swatch");
            mark.style.background = spec.colours[k];
            put(cell, mark);
          }
        }
        put(row, put(cell, el("span", "", text)));
      });
      put(body, row);
    });
    put(box, put(table, put(el("thead"), head), body));
    return put(box, spec.note ? el("p", "gf-hint", spec.note) : null);
  };

  /* spec: label, lines of text, lists of items {label, value, row} of a layer of packed lines. */
  G.groups.places = function (map, spec) {
    var box = fold(spec, "gf-places");
    (spec.lines || []).forEach(function (text) { put(box, el("p", "", text)); });
    spec.lists.forEach(function (part) {
      var list = el("ol", "gf-places-list");
      part.items.forEach(function (item) {
        var button = el("button", "gf-place");
        button.type = "button";
        put(button, el("span", "gf-place-name", item.label), el("span", "gf-place-value", item.value));
        button.addEventListener("click", function () { spec.layer.go(item.row); });
        put(list, put(el("li"), button));
      });
      put(box, el("div", "gf-sublabel", part.label), list);
    });
    return box;
  };

  /* A provider for the search box: items with label and detail that lead somewhere. */
  G.findIn = function (label, items) {
    var names = null, language = null;
    G.searchable.push({ label: label, find: function (text) {
      var asked = G.fold(text).trim(), starts = [], holds = [];
      if (language !== G.language) {
        language = G.language;
        names = items.map(function (item) { return G.fold(G.t(item.label)); });
      }
      names.forEach(function (name, place) {
        var at = name.indexOf(asked);
        if (at === 0) starts.push(items[place]);
        else if (at > 0) holds.push(items[place]);
      });
      return starts.concat(holds);
    } });
  };
})();
