"use strict";
// Renders /openapi.json. Everything from the document becomes text, never markup.

function element(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// `code` in backticks is set as code.
function prose(text) {
  const paragraph = element("p");
  text.split("`").forEach((part, index) => {
    paragraph.append(index % 2 ? element("code", {}, part) : part);
  });
  return paragraph;
}

function resolve(api, value) {
  if (!value || !value.$ref) return value || {};
  return value.$ref.slice(2).split("/").reduce((node, key) => node[key], api);
}

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.type === "array") return "list of " + typeOf(schema.items || {});
  const type = [].concat(schema.type || "any").join(" or ");
  return schema.format ? `${type} (${schema.format})` : type;
}

function rules(schema) {
  const told = [
    ["minLength", "at least", "characters"], ["maxLength", "at most", "characters"],
    ["minimum", "from", ""], ["exclusiveMinimum", "more than", ""], ["maximum", "to", ""],
    ["minItems", "at least", "elements"], ["maxItems", "at most", "elements"],
  ];
  return told.filter(([key]) => schema[key] !== undefined)
    .map(([key, before, after]) => `${before} ${schema[key]} ${after}`.trim()).join(", ");
}

function fields(rows) {
  const body = element("tbody");
  for (const [name, schema, required] of rows) {
    const about = element("td", {}, prose(schema.description || ""));
    if (rules(schema)) about.append(element("span", { class: "faint" }, rules(schema)));
    body.append(element("tr", {},
      element("td", {}, element("code", {}, name), required ? " *" : ""),
      element("td", {}, typeOf(schema)), about));
  }
  return element("table", {}, body);
}

function members(api, schema) {
  const parts = schema.allOf || [schema];
  const rows = [];
  for (const part of parts.map((part) => resolve(api, part))) {
    for (const [name, field] of Object.entries(part.properties || {})) {
      rows.push([name, field, (part.required || []).includes(name)]);
    }
  }
  return rows;
}

function media(api, content) {
  const parts = [];
  for (const [type, value] of Object.entries(content || {})) {
    parts.push(element("p", { class: "faint" }, type));
    const rows = members(api, value.schema || {});
    if (rows.length) parts.push(fields(rows));
    if (value.example !== undefined) {
      parts.push(element("pre", {}, JSON.stringify(value.example, null, 2)));
    }
  }
  return parts;
}

function rate(limit) {
  if (!limit) return "no limit";
  if (!limit.limit) return `rate: ${limit.class}`;
  return `rate: ${limit.class}, ${limit.limit} in ${limit.window_seconds} s`;
}

function access(operation) {
  if (operation["x-role"]) return `for the role ${operation["x-role"]}`;
  return operation.security && operation.security.length ? "signed in" : "public";
}

function fill(api, node, operation) {
  if (operation.description) node.append(prose(operation.description));
  node.append(element("p", { class: "tags" },
    element("span", {}, access(operation)),
    element("span", {}, rate(operation["x-rate-limit"])),
    operation["x-alias-of"] ? element("span", {}, `the same as ${operation["x-alias-of"]}`) : ""));
  const parameters = (operation.parameters || []).map((one) => resolve(api, one));
  if (parameters.length) {
    node.append(element("h3", {}, "Parameters"), fields(parameters.map((one) => [
      `${one.name}`, { ...one.schema, description: `${one.in}. ${one.description || ""}` },
      one.required])));
  }
  if (operation.requestBody) {
    node.append(element("h3", {}, "Body"), ...media(api, operation.requestBody.content));
  }
  for (const [status, reference] of Object.entries(operation.responses)) {
    const response = resolve(api, reference);
    const inner = element("details", {},
      element("summary", {}, element("code", {}, status), " " + response.description));
    inner.append(...media(api, response.content));
    node.append(inner);
  }
}

function route(api, verb, path, operation) {
  const node = element("details", { class: "route", id: operation.operationId },
    element("summary", {}, element("span", { class: "verb" }, verb.toUpperCase()),
      element("span", { class: "path" }, path),
      element("span", { class: "faint" }, operation.summary || "")));
  node.addEventListener("toggle", () => {
    if (node.open && node.childElementCount === 1) fill(api, node, operation);
  });
  return node;
}

function openLinked() {
  const node = document.getElementById(location.hash.slice(1));
  if (node && node.tagName === "DETAILS") {
    node.open = true;
    node.scrollIntoView();
  }
}

async function render() {
  const api = await (await fetch("/openapi.json")).json();
  document.getElementById("introduction").replaceWith(prose(api.info.description));
  const index = document.getElementById("index");
  const routes = document.getElementById("routes");
  for (const tag of api.tags) {
    const list = element("ul");
    const section = element("section", {}, element("h2", {}, tag.name), prose(tag.description || ""));
    for (const [path, operations] of Object.entries(api.paths)) {
      for (const [verb, operation] of Object.entries(operations)) {
        if (!operation.tags || operation.tags[0] !== tag.name) continue;
        section.append(route(api, verb, path, operation));
        if (operation["x-alias-of"]) continue;
        list.append(element("li", {}, element("a", { href: "#" + operation.operationId },
          element("span", { class: "verb" }, verb.toUpperCase() + " "), path)));
      }
    }
    index.append(element("strong", {}, tag.name), list);
    routes.append(section);
  }
  document.getElementById("filter").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const node of document.querySelectorAll("nav li, details.route")) {
      const text = node.tagName === "LI" ? node : node.querySelector("summary");
      node.hidden = !text.textContent.toLowerCase().includes(wanted);
    }
  });
  addEventListener("hashchange", openLinked);
  openLinked();
}

render().catch((error) => {
  document.getElementById("introduction").textContent = `The document could not be read: ${error}`;
});
