// node-routeros and one faulty router: what the library says, and what its next command gets; see faults.py.
//
// Usage: faults.js --fault NAME --port PORT (NODE_PATH names the folder with node-routeros).
'use strict';

const { RouterOSAPI } = require('node-routeros');

const options = {};
for (let at = 2; at < process.argv.length; at += 2) {
    options[process.argv[at].replace(/^--/, '')] = process.argv[at + 1];
}
/** For how long the next command is tried again while it gets an error. */
const PERSISTENCE_MS = 4000;
/** How long to wait after a late answer was given up, until it has come. */
const LATE_MS = 8000;
const SEEDED = ['seed-1', 'seed-2', 'seed-3'];
const same = (found, wanted) => JSON.stringify(found) === JSON.stringify(wanted);
const said = (error) => `${error.name ?? 'Error'}: ${error.message ?? error}`.split('\n')[0];

async function read(api) {
    const found = (await api.write('/ppp/secret/print')).map((row) => row.name);
    return same(found, SEEDED) ? ['right', ''] : ['wrong', `rows ${found}`];
}

async function write(api) {
    const [{ ret }] = await api.write('/ppp/secret/add', ['=name=probe']);
    return ['right', `added ${ret}`];
}

async function nothing(api) {
    const found = await api.write('/ppp/secret/print', ['?name=nobody']);
    await api.write('/ppp/secret/set', ['=.id=seed-1', '=comment=changed']);
    return found.length === 0 ? ['right', ''] : ['wrong', `rows ${found.length}`];
}

async function refused(api) {
    try {
        await api.write('/ppp/secret/set', ['=.id=*FFFF', '=comment=changed']);
    } catch (error) {
        const text = said(error);
        return [text.includes('no such item') ? 'right' : 'wrong', text];
    }
    return ['wrong', 'a refused change passed for done'];
}

async function bytesRead(api) {
    const rows = await api.write('/ppp/secret/print');
    const right = same(rows.map((row) => row.name), SEEDED);
    return [right ? 'right' : 'wrong', `comment read as ${[...new Set(rows.map((row) => row.comment))]}`];
}

const OPERATIONS = {
    'stall': read,
    'late': read,
    'cut-mid-reply': read,
    'cut-after-apply': write,
    'empty': nothing,
    'extra-trap-attribute': refused,
    'duplicate-keys': read,
    'bad-utf8': bytesRead,
    'fatal': read,
    'reboot': read,
    'long-lengths': read,
};

async function attempt(action) {
    try {
        return await action();
    } catch (error) {
        return ['error', said(error)];
    }
}

async function nextCommand(api) {
    const rows = await api.write('/system/identity/print');
    const right = rows.length === 1 && 'name' in rows[0];
    return right ? ['right', ''] : ['wrong', `the next command got ${JSON.stringify(rows)}`];
}

/** The next command, tried for a few seconds: a client may mend itself. */
async function persist(api) {
    const begun = Date.now();
    for (;;) {
        const next = await attempt(() => nextCommand(api));
        if (next[0] !== 'error' || Date.now() - begun > PERSISTENCE_MS) {
            return next;
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
    }
}

async function main() {
    // As in the library's own examples: no listener for errors.
    const api = new RouterOSAPI({ host: '127.0.0.1', user: 'admin', password: 'password', port: Number(options.port) });
    const opened = await attempt(async () => {
        await api.connect();
        await api.write('/system/identity/print');
        return ['right', ''];
    });
    let operation = ['error', `login: ${opened[1]}`];
    let next = ['error', 'there is no connection'];
    if (opened[0] === 'right') {
        operation = await attempt(() => OPERATIONS[options.fault](api));
        // Told even if what follows never ends.
        console.log(JSON.stringify({ operation, next: ['hangs', ''] }));
        if (options.fault === 'late') {
            await new Promise((resolve) => setTimeout(resolve, LATE_MS)); // until the late answer has come
        }
        next = await persist(api);
    }
    console.log(JSON.stringify({ operation, next }));
}

// A server has other things to do: it does not end when a promise is never kept.
setInterval(() => {}, 1000);
main().then(() => process.exit(0));
