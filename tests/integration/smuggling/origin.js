// Node's http server as an origin that writes one JSON line for each request it parsed, or could not parse.
// node origin.js ADDRESS PORT LOG [lenient]
const http = require('http'), fs = require('fs'), crypto = require('crypto');
const [address, port, log, mode] = process.argv.slice(2);
const file = fs.openSync(log, 'a');
const tell = (line) => fs.writeSync(file, JSON.stringify(line) + '\n');
const server = http.createServer({insecureHTTPParser: mode === 'lenient', requireHostHeader: false}, (request, response) => {
  const digest = crypto.createHash('sha256');
  let length = 0;
  request.on('data', (piece) => { length += piece.length; digest.update(piece); });
  const line = {event: 'request', id: request.headers['x-request-id'] || '', method: request.method, target: request.url,
                host: request.headers.host || ''};
  request.on('end', () => {
    tell({...line, length, sha256: digest.digest('hex')});
    response.end('ok');
  });
  request.on('error', () => tell({...line, length: null, sha256: null}));
});
const refuse = (what) => (request, socket) => {
  tell({event: 'request', id: request.headers['x-request-id'] || '', method: request.method, target: request.url,
        host: request.headers.host || '', length: null, sha256: null, [what]: true});
  socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
};
server.on('connect', refuse('connect'));
server.on('upgrade', refuse('upgrade'));
server.on('clientError', (error, socket) => {
  tell({event: 'refused', why: error.code, raw: error.rawPacket ? error.rawPacket.toString('latin1').slice(0, 300) : ''});
  if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
});
server.keepAliveTimeout = 60000;
server.listen(Number(port), address);
