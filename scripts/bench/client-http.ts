/** The plainest client of Node: http.request with a keep-alive agent per connection, body parsed and looked at. */
import { Agent, get } from 'node:http';

const [url = '', connections = '1'] = process.argv.slice(2);
for (let index = 0; index < Number(connections); index++) {
  readForEver(new Agent({ keepAlive: true, maxSockets: 1 }));
}

function readForEver(agent: Agent): void {
  get(`${url}/api/cart`, { agent }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
    });
    response.on('end', () => {
      if (JSON.parse(body).cart.lines.length !== 3) throw new Error(`expected three lines, got ${body}`);
      readForEver(agent);
    });
  });
}
