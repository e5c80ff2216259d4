// Renders /api/openapi.json as a reference page with a form to try each route. No dependencies.
'use strict';

const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((it) => it !== undefined && it !== null));
  return node;
};

let components = {};

const resolve = (schema) => {
  if (!schema || !schema.$ref) return schema || {};
  return components[schema.$ref.split('/').pop()] || {};
};

const typeOf = (schema) => {
  if (!schema) return '';
  if (schema.$ref) return schema.$ref.split('/').pop();
  const options = schema.oneOf || schema.anyOf || schema.allOf;
  if (options) return options.map(typeOf).filter(Boolean).join(' | ');
  if (schema.enum) return schema.enum.map((it) => JSON.stringify(it)).join(' | ');
  const types = [].concat(schema.type || 'any');
  return types.map((it) => (it === 'array' ? `${typeOf(schema.items)}[]` : it)).join(' | ');
};

const limitsOf = (schema) => {
  const names = { minimum: 'from', maximum: 'to', minLength: 'min. length', maxLength: 'max. length', default: 'default', pattern: 'pattern' };
  return Object.entries(names).filter(([key]) => schema[key] !== undefined).map(([key, word]) => `${word} ${schema[key]}`).join(', ');
};

const exampleOf = (schema, depth = 0) => {
  const plain = resolve(schema);
  if (depth > 6) return null;
  if (plain.example !== undefined) return plain.example;
  if (plain.examples && plain.examples.length) return plain.examples[0];
  if (plain.default !== undefined && plain.default !== null) return plain.default;
  if (plain.enum) return plain.enum[0];
  if (plain.allOf) return Object.assign({}, ...plain.allOf.map((it) => exampleOf(it, depth + 1)));
  const options = (plain.oneOf || plain.anyOf || []).filter((it) => it.type !== 'null');
  if (options.length) return exampleOf(options[0], depth + 1);
  const type = [].concat(plain.type || []).find((it) => it !== 'null');
  if (type === 'object' || plain.properties) {
    return Object.fromEntries(Object.entries(plain.properties || {}).map(([name, it]) => [name, exampleOf(it, depth + 1)]));
  }
  if (type === 'array') return [exampleOf(plain.items, depth + 1)];
  if (type === 'integer' || type === 'number') return plain.minimum || 0;
  if (type === 'boolean') return false;
  return type === 'string' ? (plain.format === 'date-time' ? '2026-11-21T08:00:00Z' : plain.format === 'date' ? '2026-11-21' : 'text') : null;
};

const fieldRows = (schema, prefix = '', depth = 0) => {
  const plain = resolve(schema);
  const parts = plain.allOf ? plain.allOf.map(resolve) : [plain];
  return parts.flatMap((part) => Object.entries(part.properties || {}).flatMap(([name, field]) => {
    const must = (part.required || []).includes(name);
    const inner = resolve(field);
    const about = [field.description || inner.description, limitsOf(field)].filter(Boolean).join(' · ');
    const row = el('tr', {}, el('td', {}, prefix + name, must ? el('span', { class: 'must' }, ' *') : ''), el('td', { class: 'soft' }, typeOf(field)), el('td', {}, about));
    const deeper = depth < 2 ? fieldRows(inner.type === 'array' ? inner.items : field, `${prefix}${name}.`, depth + 1) : [];
    return [row, ...deeper];
  }));
};

const table = (rows) => (rows.length ? el('table', {}, el('tbody', {}, ...rows)) : undefined);

const contentOf = (holder) => {
  const [kind, content] = Object.entries((holder && holder.content) || {})[0] || [];
  return kind ? { kind, schema: content.schema } : undefined;
};

const responseRows = (responses) => Object.entries(responses || {}).map(([status, response]) => {
  const content = contentOf(response);
  return el('tr', {}, el('td', {}, status), el('td', { class: 'soft' }, content ? typeOf(content.schema) : ''), el('td', {}, response.description || ''));
});

const tryForm = (method, path, operation, body) => {
  const inputs = (operation.parameters || []).map((it) => ({ it, input: el('input', { placeholder: it.name, 'aria-label': it.name }) }));
  const text = body && el('textarea', { rows: 8, 'aria-label': 'body' });
  if (text) text.value = JSON.stringify(exampleOf(body.schema), null, 2);
  const output = el('pre', { hidden: true });
  const send = async () => {
    let url = path;
    const query = new URLSearchParams();
    const headers = {};
    for (const { it, input } of inputs) {
      if (it.in === 'path') url = url.replace(`{${it.name}}`, encodeURIComponent(input.value));
      else if (input.value && it.in === 'query') query.append(it.name, input.value);
      else if (input.value && it.in === 'header') headers[it.name] = input.value;
    }
    const token = document.getElementById('token').value.trim();
    if (token) headers.Authorization = `Bearer ${token}`;
    if (text) headers['Content-Type'] = 'application/json';
    output.hidden = false;
    output.textContent = 'Sending…';
    try {
      const answer = await fetch(url + (query.size ? `?${query}` : ''), { method: method.toUpperCase(), headers, body: text ? text.value : undefined });
      const raw = await answer.text();
      let shown = raw;
      try { shown = JSON.stringify(JSON.parse(raw), null, 2); } catch { /* not JSON: shown as it came */ }
      const notable = ['location', 'etag', 'retry-after', 'x-request-id'].filter((it) => answer.headers.has(it)).map((it) => `${it}: ${answer.headers.get(it)}`);
      output.textContent = [`${answer.status} ${answer.statusText}`, ...notable, '', shown].join('\n');
    } catch (error) {
      output.textContent = String(error);
    }
  };
  return el('details', {}, el('summary', {}, 'Try it'), ...inputs.map(({ it, input }) => el('p', {}, el('label', {}, `${it.name} `, input))), text, el('p', {}, el('button', { type: 'button', onclick: send }, 'Send')), output);
};

const article = (method, path, operation) => {
  const id = `${method}${path}`;
  const body = contentOf(operation.requestBody);
  const success = Object.entries(operation.responses || {}).find(([status]) => status.startsWith('2'));
  const answer = success && contentOf(success[1]);
  const parameters = (operation.parameters || []).map((it) => el('tr', {}, el('td', {}, it.name, it.required ? el('span', { class: 'must' }, ' *') : ''), el('td', { class: 'soft' }, `${it.in}, ${typeOf(it.schema)}`), el('td', {}, [it.description, limitsOf(it.schema || {})].filter(Boolean).join(' · '))));
  return el('article', { id },
    el('h3', {}, el('span', { class: `verb ${method}` }, method.toUpperCase()), path),
    el('p', {}, operation.summary || ''),
    operation.description ? el('p', { class: 'soft' }, operation.description) : undefined,
    table(parameters),
    body ? el('details', { open: true }, el('summary', {}, `Body: ${typeOf(body.schema)}`), table(fieldRows(body.schema))) : undefined,
    el('details', {}, el('summary', {}, 'Answers'), table(responseRows(operation.responses)), answer ? el('pre', {}, JSON.stringify(exampleOf(answer.schema), null, 2)) : undefined),
    tryForm(method, path, operation, body));
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const render = (spec) => {
  components = (spec.components && spec.components.schemas) || {};
  const groups = new Map((spec.tags || []).map((it) => [it.name, { about: it.description, routes: [] }]));
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const method of METHODS.filter((it) => item[it])) {
      const tag = (item[method].tags || ['other'])[0];
      if (!groups.has(tag)) groups.set(tag, { routes: [] });
      groups.get(tag).routes.push({ method, path, operation: item[method] });
    }
  }
  const index = document.getElementById('index');
  const main = document.getElementById('main');
  index.replaceChildren();
  main.replaceChildren(el('p', {}, (spec.info.description || '').split('\n')[0]), el('p', { class: 'soft' }, `Version ${spec.info.version}. Amounts are integers of minor units, ids are prefixed texts, instants are RFC 3339 in UTC, lists are pages with a cursor.`));
  for (const [tag, { about, routes }] of groups) {
    if (!routes.length) continue;
    index.append(el('h2', {}, tag), ...routes.map((it) => el('a', { href: `#${it.method}${it.path}`, 'data-words': `${it.path} ${it.operation.summary || ''}`.toLowerCase() }, el('span', { class: `verb ${it.method}` }, it.method.toUpperCase()), it.path.replace('/api/v1', ''))));
    main.append(el('h2', {}, tag), about ? el('p', { class: 'soft' }, about) : '', ...routes.map((it) => article(it.method, it.path, it.operation)));
  }
};

document.getElementById('filter').addEventListener('input', (event) => {
  const words = event.target.value.toLowerCase();
  for (const link of document.querySelectorAll('#index a')) {
    const hit = link.dataset.words.includes(words);
    link.hidden = !hit;
    document.getElementById(link.getAttribute('href').slice(1)).hidden = !hit;
  }
});

fetch('/api/openapi.json')
  .then((answer) => answer.json())
  .then(render)
  .catch((error) => { document.getElementById('main').textContent = `The description cannot be shown: ${error}`; });
