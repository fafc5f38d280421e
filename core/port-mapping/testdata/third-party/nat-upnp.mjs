import natUpnp from 'nat-upnp';

const client = natUpnp.createClient();
const call = (method, ...args) =>
  new Promise((resolve, reject) =>
    client[method](...args, (error, result) => (error ? reject(error) : resolve(result))),
  );
const port = { public: { port: 6005 }, private: { host: '10.0.1.2', port: 6006 }, protocol: 'udp' };
await call('portMapping', { ...port, ttl: 600, description: 'test' });
console.log('external', await call('externalIp'));
console.log('mapped', (await call('getMappings')).map(({ public: { port: external } }) => external).join(' '));
await call('portUnmapping', { public: 6005, protocol: 'udp' });
client.close();
