// Checks the simulated router with node-routeros; see run.py for the other clients.
//
// Usage: node.js --port PORT --legacy-port PORT, from a folder where node-routeros is installed (NODE_PATH).
// The library is older than RouterOS 7.18 and stops at `!empty`, so PORT is a simulator of 7.16 with 10,000 users.
// Each check prints one line of JSON. The exit status is 1 when a check failed.
'use strict';

const assert = require('node:assert');
const { RouterOSAPI } = require('node-routeros');

const LONGEST_MS = 240_000;
const options = {};
for (let at = 2; at < process.argv.length; at += 2) {
    options[process.argv[at].replace(/^--/, '')] = process.argv[at + 1];
}

async function connect(port, password = 'password') {
    const api = new RouterOSAPI({ host: '127.0.0.1', user: 'admin', password, port: Number(port), timeout: 10 });
    api.on('error', () => {});
    await api.connect();
    return api;
}

async function refusal(action) {
    try {
        await action;
    } catch (error) {
        return error.message;
    }
    throw new Error('the action was not refused');
}

async function login(api) {
    assert.equal((await api.write('/system/identity/print')).length, 1);
}

async function addSetRemove(api) {
    const [{ ret }] = await api.write('/ppp/secret/add', ['=name=node-a', '=comment=first']);
    assert.match(ret, /^\*/);
    await api.write('/ppp/secret/set', [`=.id=${ret}`, '=comment=second', '=disabled=yes']);
    const [row] = await api.write('/ppp/secret/print', [`?.id=${ret}`, '=.proplist=name,comment,disabled']);
    assert.deepEqual(row, { name: 'node-a', comment: 'second', disabled: 'true' });
    await api.write('/ppp/secret/remove', [`=.id=${ret}`]);
    assert.deepEqual(await api.write('/ppp/secret/print', ['?name=node-a']), []);
}

async function queries(api) {
    const ids = [];
    for (let number = 0; number < 4; number += 1) {
        const [{ ret }] = await api.write('/ip/hotspot/user/add', [`=name=node-${number}`, `=comment=c${number % 2}`]);
        ids.push(ret);
    }
    const found = await api.write('/ip/hotspot/user/print', ['?comment=c1', '?name=node-1', '?#!', '=.proplist=name']);
    assert.deepEqual(found, [{ name: 'node-3' }]);
    const either = await api.write('/ip/hotspot/user/print', ['?name=node-0', '?name=node-2', '?#|']);
    assert.deepEqual(either.map((row) => row.name), ['node-0', 'node-2']);
    for (const id of ids) {
        await api.write('/ip/hotspot/user/remove', [`=.id=${id}`]);
    }
}

async function traps(api) {
    const cases = [
        ['/no/such/menu/print', [], 'no such command prefix'],
        ['/ppp/secret/frob', [], 'no such command'],
        ['/ppp/secret/add', ['=name=x', '=colour=red'], 'unknown parameter colour'],
        ['/ppp/secret/remove', ['=.id=*FFFF'], 'no such item (4)'],
    ];
    for (const [path, words, text] of cases) {
        assert.equal(await refusal(api.write(path, words)), text);
        await login(api);
    }
}

async function tags(api) {
    const names = ['/system/identity/print', '/system/resource/print', '/ip/service/print', '/ppp/profile/print'];
    const answers = await Promise.all(names.map((name) => api.write(name)));
    assert.deepEqual(answers.map((rows) => rows.length > 0), [true, true, true, true]);
    assert.ok('name' in answers[0][0] && 'version' in answers[1][0]);
}

async function cancel(api) {
    const stream = api.stream('/interface/monitor-traffic', ['=interface=ether1', '=interval=1'], () => {});
    const first = await new Promise((resolve) => stream.once('data', resolve));
    assert.ok(JSON.stringify(first).includes('rx-bits-per-second'));
    await stream.stop();
    await login(api);
}

async function listen(api) {
    const stream = api.stream('/ppp/secret/listen');
    const seen = new Promise((resolve) => stream.once('data', resolve));
    const [{ ret }] = await api.write('/ppp/secret/add', ['=name=node-heard']);
    assert.equal((await seen).name, 'node-heard');
    await stream.stop();
    await api.write('/ppp/secret/remove', [`=.id=${ret}`]);
}

async function bigValue(api) {
    const text = 'z'.repeat(100_000);
    const [{ ret }] = await api.write('/ppp/secret/add', ['=name=node-big', `=comment=${text}`]);
    const [row] = await api.write('/ppp/secret/print', [`?.id=${ret}`]);
    assert.equal(row.comment, text);
    await api.write('/ppp/secret/remove', [`=.id=${ret}`]);
}

/** The library writes and reads Windows-1252: its bytes are no UTF-8. */
async function foreignBytes(api) {
    const [{ ret }] = await api.write('/ppp/secret/add', ['=name=node-bytes', '=comment=caf\u00e9']);
    const [row] = await api.write('/ppp/secret/print', [`?.id=${ret}`]);
    assert.equal(row.comment, 'caf\u00e9');
    await api.write('/ppp/secret/remove', [`=.id=${ret}`]);
}

async function bigAnswer(api) {
    const rows = await api.write('/ip/hotspot/user/print');
    assert.ok(rows.length > 10_000);
    await login(api);
}

const CHECKS = [
    ['login', login],
    ['add, set, print, remove', addSetRemove],
    ['queries', queries],
    ['traps', traps],
    ['four tags in flight', tags],
    ['cancel', cancel],
    ['listen', listen],
    ['big value', bigValue],
    ['bytes that are no text', foreignBytes],
];

async function onConnection(port, check) {
    const api = await connect(port);
    try {
        await check(api);
    } finally {
        await api.close();
    }
}

function checks() {
    const found = [];
    for (const [router, port] of [['7.16', options.port], ['legacy', options['legacy-port']]]) {
        for (const [name, check] of CHECKS) {
            found.push([router, name, () => onConnection(port, check)]);
        }
        found.push([router, 'wrong password', async () => {
            await assert.rejects(connect(port, 'wrong'));
        }]);
    }
    found.push(['7.16', '10,000 rows', () => onConnection(options.port, bigAnswer)]);
    return found;
}

async function main() {
    setTimeout(() => process.exit(1), LONGEST_MS).unref();
    let failed = 0;
    for (const [router, check, action] of checks()) {
        let wrong = null;
        try {
            await action();
        } catch (error) {
            wrong = `${error.name ?? 'Error'}: ${String(error.message ?? error).split('\n')[0]}`;
            failed += 1;
        }
        console.log(JSON.stringify({ peer: 'node-routeros', router, check, wrong }));
    }
    return failed === 0 ? 0 : 1;
}

main().then((status) => process.exit(status));
