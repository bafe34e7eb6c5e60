/* The controls of a planner's desk: they ask the program behind the page, and show what it says. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, bind = G.bind, svg = G.svg;
  var NAME = /^[\p{L}\p{N}][\p{L}\p{N}_ -]{0,59}$/u, SLOW_MS = 400, REST_MS = 250, HOURS = 24, asked = 0;
  var client = Array.from(crypto.getRandomValues(new Uint32Array(4)), function (n) { return n.toString(36); }).join("");

  function filled(text, values) {
    var out = {};
    G.languages.forEach(function (language) {
      out[language] = text[language].replace(/\{(\w+)\}/g, function (whole, name) {
        if (!(name in values)) return whole;
        var value = values[name];
        return value !== null && typeof value === "object" ? value[language] : String(value);
      });
    });
    return out;
  }

  function send(path, content) {
    return fetch(path, { method: content ? "POST" : "GET", cache: "no-store", credentials: "omit",
      headers: content ? { "Content-Type": "application/json" } : {},
      body: content ? JSON.stringify(content) : undefined
    }).then(function (response) {
      return response.json().then(function (data) { return { status: response.status, data: data }; });
    });
  }

  // ------------------------------------------------------------ controls

  function slider(control, changed) {
    var id = G.id(), box = el("div", "gf-desk-control"), head = el("div", "gf-desk-head");
    var label = el("label", "gf-label", control.label), input = el("input", "gf-desk-slider");
    var now = el("output", "gf-desk-now");
    input.type = "range";
    input.id = label.htmlFor = id;
    input.dataset.control = control.name;
    input.min = 0;
    input.max = control.options.length - 1;
    input.step = 1;
    now.setAttribute("for", id);
    function tell() {
      var option = control.options[Number(input.value)];
      bind(now, option.label);
      input.setAttribute("aria-valuetext", G.t(option.label));
    }
    box.set = function (value) {
      var at = control.options.findIndex(function (one) { return one.value === value; });
      if (at >= 0) { input.value = String(at); tell(); }
      return at >= 0;
    };
    box.get = function () { return control.options[Number(input.value)].value; };
    box.set(control.value);
    input.addEventListener("input", function () { tell(); changed(); });
    G.onLanguage(tell);
    var hint = control.hint ? el("p", "gf-hint", control.hint) : null;
    if (hint) { hint.id = id + "-hint"; input.setAttribute("aria-describedby", hint.id); }
    return put(box, put(head, label, now), input, hint);
  }

  function list(control, changed, others) {
    var id = G.id(), box = el("div", "gf-desk-control"), label = el("label", "gf-label", control.label);
    var select = el("select");
    select.id = label.htmlFor = id;
    select.dataset.control = control.name;
    control.options.forEach(function (option, k) {
      var item = el("option", "", option.label);
      item.value = String(k);
      put(select, item);
    });
    box.set = function (value) {
      var at = control.options.findIndex(function (one) { return one.value === value; });
      if (at >= 0) select.value = String(at);
      return at >= 0;
    };
    box.get = function () { return control.options[Number(select.value)].value; };
    box.set(control.value);
    select.addEventListener("change", function () {
      var sets = control.options[Number(select.value)].sets;
      Object.keys(sets).forEach(function (name) { others[name].set(sets[name]); });
      changed();
    });
    return put(box, label, select, control.hint ? el("p", "gf-hint", control.hint) : null);
  }

  // ------------------------------------------------------------ figures

  function facts(items, W) {
    var box = el("dl", "gf-desk-facts");
    items.forEach(function (fact) {
      var value = el("dd");
      if (fact.before !== null) {
        var pair = el("span", "gf-desk-pair");
        put(pair, put(el("span", "gf-desk-before"), el("span", "gf-hidden", W.now), el("span", "", fact.before)));
        var arrow = el("span", "gf-desk-arrow", "→");
        arrow.setAttribute("aria-hidden", "true");
        put(value, put(pair, arrow, put(el("span", "gf-desk-after"), el("span", "gf-hidden", W.then), el("span", "", fact.after))));
      } else put(value, el("span", "gf-desk-after", fact.after));
      if (fact.note) put(value, el("span", "gf-desk-note", fact.note));
      put(box, put(el("div"), el("dt", "", fact.label), value));
    });
    return box;
  }

  /* Twenty-four pairs of bars; what they say stands in the text for those who do not see them. */
  function bars(spec, W) {
    var box = el("figure", "gf-desk-bars"), width = 288, height = 62, each = width / HOURS;
    var most = Math.max.apply(null, spec.before.concat(spec.after)) || 1;
    var picture = svg("svg", { viewBox: "0 0 " + width + " " + (height + 14), role: "img" });
    function title() {
      var top = spec.after.indexOf(Math.max.apply(null, spec.after));
      var sums = [spec.before, spec.after].map(function (values) {
        return G.number(values.reduce(function (a, b) { return a + b; }, 0));
      });
      picture.setAttribute("aria-label", G.t(spec.label) + ": " +
        G.t(filled(W.before_after, { before: sums[0], after: sums[1] })) + "; " + G.hourSpan(top) + " " + G.number(spec.after[top]));
    }
    for (var h = 0; h < HOURS; h++) {
      var a = spec.before[h] / most * height, b = spec.after[h] / most * height;
      picture.appendChild(svg("rect", { x: h * each + 1, y: height - a, width: each - 2, height: a, "class": "gf-desk-bar-before" }));
      picture.appendChild(svg("rect", { x: h * each + each * 0.28, y: height - b, width: each * 0.44, height: b, "class": "gf-desk-bar-after" }));
      if (h % 6 === 0) {
        var tick = svg("text", { x: h * each + 1, y: height + 11 });
        tick.textContent = String(h);
        picture.appendChild(tick);
      }
    }
    picture.appendChild(svg("line", { x1: 0, x2: width, y1: height, y2: height, "class": "gf-axis" }));
    title();
    box.retell = title;
    var key = el("div", "gf-desk-key");
    put(key, put(el("span"), el("i", "gf-desk-bar-before"), el("span", "", W.now)),
      put(el("span"), el("i", "gf-desk-bar-after"), el("span", "", W.then)));
    return put(box, put(el("figcaption"), el("span", "gf-label", spec.label), el("span", "gf-unit", spec.unit)), picture, key);
  }

  // ------------------------------------------------------------ one question

  function question(map, spec, W) {
    var box = el("div", "gf-desk-question"), controls = {}, open = {}, busy = false, again = false, timer = null;
    var form = bind(el("section", "gf-desk-controls"), filled(W.controls, { question: spec.label }), "aria-label");
    spec.controls.forEach(function (control) {
      var make = control.kind === "slider" ? slider : list;
      put(form, controls[control.name] = make(control, changed, controls));
    });
    var status = el("p", "gf-desk-status"), figures = el("section", "gf-desk-figures"), tables = el("div");
    status.setAttribute("role", "status");
    bind(figures, filled(W.figures, { question: spec.label }), "aria-label");
    var views = {}, current = spec.views[0].name, holder = el("div");
    spec.views.forEach(function (view) {
      view.box = G.groups.lines(map, { layer: view.layer, name: spec.name + "-" + view.name, worst: view.worst, find: false });
      views[view.name] = view;
      put(holder, view.box);
      // lines besides those of the page go in step with them
      view.layer.on("change", function () {
        if (view.beyond) view.beyond.show(view.layer.variable, view.layer.hour);
      });
    });

    function besides(view, spec) {
      if (view.beyond) map.removeLayer(view.beyond);
      view.beyond = null;
      if (!spec) return;
      spec.selected = view.layer.variable;
      spec.hour = view.layer.hour;
      view.beyond = G.packedLines(spec);
      if (map.hasLayer(view.layer)) view.beyond.addTo(map);
    }

    function settings() {
      var out = {};
      Object.keys(controls).forEach(function (name) { out[name] = controls[name].get(); });
      return out;
    }

    function tell(text, wrong) {
      bind(status, text);
      status.classList.toggle("gf-desk-wrong", Boolean(wrong));
    }

    function show(answer) {
      // that it takes long is not told any more, however long the map takes
      window.clearTimeout(timer);
      tell(answer.status);
      figures.replaceChildren(facts(answer.facts, W));
      if (answer.bars) put(figures, bars(answer.bars, W));
      tables.replaceChildren();
      answer.tables.forEach(function (table) {
        if (table.name in open) table.open = open[table.name];
        var made = G.groups.table(map, table);
        G.onFold(made, function () { open[table.name] = made.open; });
        put(tables, made);
      });
      return Promise.all(Object.keys(answer.lines).map(function (name) {
        return views[name].layer.renew(answer.lines[name]).then(function () {
          besides(views[name], (answer.beyond || {})[name]);
        });
      }));
    }

    function stopped(error) {
      if (error instanceof TypeError) tell(W.gone, true);
      else tell(filled(W.failed, { reason: error.message }), true);
    }

    function ask(stage, wanted, number) {
      return send("api/answer", { client: client, seq: number, question: spec.name, settings: wanted, stage: stage })
        .then(function (found) {
          if (found.data.superseded || number !== asked) return null;
          if (found.status !== 200) { tell(filled(W.failed, { reason: found.data.error }), true); return null; }
          return show(found.data).then(function () { return found.data; });
        });
    }

    function round() {
      busy = true;
      again = false;
      var number = ++asked, began = performance.now(), wanted = settings();
      timer = window.setTimeout(function () { tell(W.working); }, SLOW_MS);
      box.setAttribute("aria-busy", "true");
      ask("quick", wanted, number).then(function (answer) {
        box.dataset.ms = String(Math.round(performance.now() - began));
        box.dataset.answered = String(number);
        box.dataset.final = String(Boolean(answer && answer.final));
        // the better answer comes when it comes; moving on makes it fall away
        if (answer && !answer.final && !again) window.setTimeout(function () {
          if (number !== asked) return;
          ask("full", wanted, number).then(function (better) {
            if (better) box.dataset.final = "true";
          }).catch(stopped);
        }, REST_MS);
      }).catch(stopped).then(function () {
        window.clearTimeout(timer);
        box.removeAttribute("aria-busy");
        busy = false;
        if (again) round();
      });
    }

    // while one answer is on its way only the newest wish is kept
    function changed() { if (busy) again = true; else round(); }

    box.set = function (wanted) {
      Object.keys(wanted).forEach(function (name) { if (controls[name]) controls[name].set(wanted[name]); });
      changed();
    };
    function off(view) {
      map.removeLayer(view.layer);
      if (view.beyond) map.removeLayer(view.beyond);
    }

    box.settings = settings;
    box.layer = function () { return views[current].layer; };
    box.hide = function () {
      box.hidden = true;
      spec.views.forEach(function (view) { off(view); });
    };
    box.showLayer = function (name) {
      current = name || current;
      box.hidden = false;
      spec.views.forEach(function (view) {
        if (view.name !== current) off(view);
        view.box.hidden = view.name !== current;
      });
      views[current].layer.addTo(map);
      if (views[current].beyond) views[current].beyond.addTo(map);
    };
    box.begin = function () {
      if (box.begun) return;
      box.begun = true;
      show(spec.answer);
      changed();
    };
    G.onLanguage(function () {
      var figure = figures.querySelector(".gf-desk-bars");
      if (figure && figure.retell) figure.retell();
    });
    put(box, form, status, figures);
    if (spec.views.length > 1) put(box, choice(W.view, spec.views, spec.name + "-view", box.showLayer));
    put(box, holder, tables);
    spec.notes.forEach(function (note) { put(box, el("p", "gf-hint gf-desk-caveat", note)); });
    return box;
  }

  /* A row of radio buttons that look like one switch. */
  function choice(label, items, name, chosen) {
    var box = el("fieldset", "gf-desk-switch"), row = el("div", "gf-switch"), group = G.id();
    put(box, el("legend", "gf-label", label));
    items.forEach(function (item, k) {
      var one = el("label"), input = el("input");
      input.type = "radio";
      input.name = group;
      input.value = item.name;
      input.dataset.group = name;
      input.checked = k === 0;
      input.autocomplete = "off";
      input.addEventListener("change", function () { if (input.checked) chosen(item.name); });
      put(row, put(one, input, el("span", "", item.label)));
    });
    box.choose = function (name) {
      box.querySelectorAll("input").forEach(function (input) { input.checked = input.value === name; });
      chosen(name);
    };
    return put(box, row);
  }

  // ------------------------------------------------------------ scenarios

  function scenarios(W, go, current) {
    var box = el("section", "gf-group gf-desk-scenarios gf-screen"), id = G.id();
    var label = el("label", "gf-sublabel", W.open), select = el("select"), kept = [];
    select.id = label.htmlFor = id;
    select.dataset.group = "scenarios";
    var form = el("form"), title = el("label", "gf-sublabel", W.save_name), input = el("input"), button = el("button", "", W.save_button);
    input.id = title.htmlFor = id + "-name";
    input.maxLength = 60;
    input.required = true;
    input.autocomplete = "off";
    button.type = "submit";
    var message = el("p", "gf-hint");
    message.setAttribute("role", "status");
    function fill() {
      return send("api/scenarios").then(function (found) {
        if (found.status !== 200) return;
        kept = found.data;
        select.replaceChildren(el("option", "", W.open_none));
        kept.forEach(function (one) { put(select, el("option", "", one.name)); });
        label.hidden = select.hidden = !kept.length;
      });
    }
    function failed(error) { bind(message, error instanceof TypeError ? W.gone : filled(W.failed, { reason: error.message })); }
    select.addEventListener("change", function () {
      var one = kept[select.selectedIndex - 1];
      if (one) go(one.question, one.settings || {});
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var now = current(), name = input.value.trim();
      if (!NAME.test(name)) { bind(message, W.bad_scenario); return; }
      if (kept.some(function (one) { return one.name === name; })) { bind(message, filled(W.scenario_there, { name: name })); return; }
      send("api/scenarios", { name: name, question: now.question, settings: now.settings }).then(function (found) {
        if (found.status !== 200) { bind(message, found.data.error); return; }
        bind(message, filled(W.saved, { file: found.data.file }));
        input.value = "";
        return fill();
      }).catch(failed);
    });
    label.hidden = select.hidden = true;
    fill().catch(failed);
    put(form, title, put(el("div", "gf-desk-save"), input, button));
    return put(box, el("div", "gf-label", W.save), label, select, form, message);
  }

  /* On a phone the panel stands open below, and the map keeps to what it leaves free. */
  function onPhones(map) {
    var touched = false, panel = null;
    ["dragstart", "dblclick"].forEach(function (kind) { map.on(kind, function () { touched = true; }); });
    G.foot = function () {
      panel = panel || document.querySelector(".gf-panel");
      return panel && panel.open && map.getSize().x <= 760 ? panel.offsetHeight + 16 : 20;
    };
    window.setTimeout(function () {
      panel = document.querySelector(".gf-panel");
      if (!panel) return;
      G.onFold(panel, function () { if (!touched) map.fire("resize"); });
      if (map.getSize().x <= 760) panel.open = true;
    }, 0);
  }

  G.groups.desk = function (map, spec) {
    var W = spec.words, box = el("section", "gf-group gf-desk"), made = {}, now = null;
    spec.questions.forEach(function (one) { made[one.name] = question(map, one, W); });
    function open(name) {
      if (!made[name]) return;
      if (now && now !== name) made[now].hide();
      now = name;
      made[name].showLayer();
      made[name].begin();
    }
    var tabs = choice(W.question, spec.questions, "question", open);
    put(box, tabs);
    spec.questions.forEach(function (one) {
      made[one.name].hidden = true;
      made[one.name].dataset.question = one.name;
      put(box, made[one.name]);
    });
    put(box, scenarios(W, function (name, settings) {
      if (!made[name]) return;
      tabs.choose(name);
      made[name].set(settings);
    }, function () { return { question: now, settings: made[now].settings() }; }));
    // what the map shows can be searched: streets or vehicles
    G.searchable.push({ label: G.words.lines.streets, find: function (text) {
      var layer = made[now].layer();
      return layer.find(text, 8).map(function (row) {
        return { label: layer.title(row), detail: layer.valueOf(row).text, go: function () { layer.go(row); } };
      });
    } });
    open(spec.questions[0].name);
    onPhones(map);
    return box;
  };
})();
