/* Long lists a page at a time: what is not asked for is not made. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, MANY = 50;

  /* Fill a list with the first of `count` items, each made by make(place); returns the list with the
     button that brings the next. */
  G.paged = function (list, count, make) {
    var made = 0, box = el("div", "gf-paged"), more = el("button", "gf-page-more");
    more.type = "button";
    function next() {
      for (var end = Math.min(count, made + MANY); made < end; made++) put(list, make(made));
      more.hidden = made >= count;
      G.bind(more, G.both(function () { return G.t(G.words.page.more) + " (" + G.number(count - made) + ")"; }));
    }
    more.addEventListener("click", function () {
      var first = made;
      next();
      // the keyboard goes on where the new ones begin
      var fresh = list.children[first], target = fresh && fresh.querySelector("button, input");
      if (target) target.focus();
    });
    next();
    return put(box, list, count > MANY ? more : null);
  };
})();
