// Adds hotspot users with node-routeros, several in flight; prints how long it took, as JSON.
//
// Usage: throughput.js --port PORT --users N --in-flight N; see tests/src/bench/router_throughput.rs.
'use strict';

const { RouterOSAPI } = require('node-routeros');

const options = {};
for (let at = 2; at < process.argv.length; at += 2) {
    options[process.argv[at].replace(/^--/, '')] = process.argv[at + 1];
}

async function main() {
    const api = new RouterOSAPI({ host: '127.0.0.1', user: 'admin', password: 'password', port: Number(options.port) });
    await api.connect();
    const users = Number(options.users);
    const begun = process.hrtime.bigint();
    let next = 0;
    const worker = async () => {
        while (next < users) {
            const number = next;
            next += 1;
            const words = [`=name=user-${number}`, `=password=password-${number}`, `=comment=number ${number}`];
            await api.write('/ip/hotspot/user/add', words);
        }
    };
    await Promise.all(Array.from({ length: Number(options['in-flight']) }, worker));
    const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
    console.log(JSON.stringify({ seconds }));
    await api.close();
}

main().then(() => process.exit(0));
