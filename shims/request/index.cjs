const http = require('node:http');

const MAX_BODY = 65_536;
const TIMEOUT_MS = 5000;

/** The part of `request` that nat-upnp calls: one exchange over plain HTTP, without redirects. */
module.exports = (options, done) => {
  const { url, method = 'GET', headers = {}, body } = typeof options === 'string' ? { url: options } : options;
  let settled = false;
  const settle = (...result) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    done(...result);
  };
  const request = http.request(url, { method, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (piece) => {
      text += piece;
      if (text.length > MAX_BODY) request.destroy(new Error(`more than ${MAX_BODY} characters`));
    });
    response.on('end', () => settle(null, response, text));
  });
  const timer = setTimeout(() => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  request.on('error', settle);
  request.end(body);
};
