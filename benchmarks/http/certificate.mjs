// A key and a self-signed certificate for loopback, made anew by each process that serves HTTPS: nothing secret lies in the
// repository, and no tool must be installed. The client does not verify it. X.509 version 1 in DER (RFC 5280 4.1), signed
// with ECDSA P-256 and SHA-256 (RFC 5758 3.2).
import { generateKeyPairSync, sign } from 'node:crypto';

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const COMMON_NAME = [0x55, 0x04, 0x03];
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const DAY = 86_400_000;

/** @returns {{ key: string, cert: string }} PEM, as `https.createServer` takes them; good from yesterday to tomorrow */
export function makeCertificate() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, der(OID, ECDSA_WITH_SHA256));
  const commonName = [der(OID, COMMON_NAME), der(UTF8_STRING, Buffer.from('127.0.0.1'))];
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, ...commonName)));
  const validity = der(SEQUENCE, utcTime(Date.now() - DAY), utcTime(Date.now() + DAY));
  const content = der(
    SEQUENCE,
    der(INTEGER, [1]),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(BIT_STRING, [0], sign('sha256', content, privateKey));
  const cert = der(SEQUENCE, content, algorithm, signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${cert.match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

function utcTime(time) {
  const digits = new Date(time).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(UTC_TIME, Buffer.from(`${digits}Z`));
}

// Tag, length, content; lengths up to 65,535 bytes.
function der(tag, ...parts) {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { length } = content;
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
