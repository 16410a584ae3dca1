(function () {
  "use strict";
  const figures = JSON.parse(document.getElementById("sim-figures").textContent);
  const form = document.getElementById("sim-form");
  const currency = {{ f.currency | tojson }};
  const language = document.documentElement.lang || "en";
  const at = (name) => Number(form.elements[name].value);
  const show = (id, text) => { document.getElementById("sim-" + id).textContent = text; };
  const whole = (x) => Math.round(x).toLocaleString(language);
  const two = (x) => whole(Number(x.toPrecision(2)));  // groups are contacted whole
  const three = (x) => whole(Number(x.toPrecision(3)));  // no more digits than a scenario bears
  const signs = { GBP: "£", EUR: "€", USD: "$" };
  const before = document.documentElement.dataset.currency !== "after";
  const sign = signs[currency];
  const after = sign ? "\u00a0" + sign : currency ? " " + currency : "";
  const amount = (x) => (Math.round(x) < 0 ? "\u2212" : "") + (
    before && sign ? sign + three(Math.abs(x)) : three(Math.abs(x)) + after
  );
  function contacted() {
    const sum = { customers: 0, kept: 0, revenue: 0, cost: 0, gain: 0 };
    const save = at("save") / 100, taken = at("stayers") / 100;
    for (const [customers, leavers, lost, margin] of figures.groups) {
      const cost = at("offer") * (save * leavers + taken * (customers - leavers)) + at("contact") * customers;
      const gain = save * margin - cost;
      if (gain > 0) {
        sum.customers += customers; sum.kept += save * leavers; sum.revenue += save * lost;
        sum.cost += cost; sum.gain += gain;
      }
    }
    return sum;
  }
  function update() {
    for (const input of form.querySelectorAll("input")) {
      show(input.name + "-now", Number(input.value).toLocaleString(language) +
        (input.value === "1" ? input.dataset.one : input.dataset.unit));
    }
    const share = at("points") / 100;
    show("more-customers", whole(share * figures.customers));
    show("more-revenue", amount(share * figures.revenue));
    show("more-margin", amount(share * figures.revenue * figures.money.margin_rate));
    if (!figures.ranked) return;
    const sum = contacted();
    show("contacted", two(sum.customers));
    show("kept", whole(sum.kept));
    show("kept-revenue", amount(sum.revenue));
    show("cost", amount(sum.cost));
    show("gain", amount(sum.gain));
  }
  form.addEventListener("input", update);
  form.addEventListener("reset", () => setTimeout(update, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
})();
