module.exports = {}; // Declared by nat-upnp, and never used.
