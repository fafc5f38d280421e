// Our gateway over real sockets, on the router of network.sh. It writes down what it is told to map.
const [dist] = process.argv.slice(2);
const { createRealHost } = await import(`${dist}/core/real/index.js`);
const { Gateway } = await import(`${dist}/core/servers/gateway/gateway.js`);

const say = (...words) => console.log(words.join(' '));
const where = ({ address, port }) => `${address} ${port}`;
await Gateway.start(createRealHost(), {
  networks: [
    { address: '10.0.1.1', contains: (address) => address.startsWith('10.0.1.') },
    { address: '2001:db8:1::1', contains: (address) => address.startsWith('2001:db8:1:') },
  ],
  protocols: ['igd1', 'igd2', 'nat-pmp', 'pcp'],
  table: {
    externalAddress: () => '11.0.0.10',
    map(protocol, port, internal) {
      say('map', protocol, port, where(internal));
      return true;
    },
    unmap: (protocol, port) => say('unmap', protocol, port),
    openPinhole(protocol, internal) {
      say('open', protocol, where(internal));
      return true;
    },
    closePinhole: (protocol, internal) => say('close', protocol, where(internal)),
  },
});
