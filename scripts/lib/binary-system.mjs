// For which system a binary was built, read from its first bytes: so that a file in the wrong folder is noticed before
// anybody downloads it. Sources: System V ABI (ELF), Mach-O's loader.h, Microsoft's PE format. Built-ins only.
const ELF_MACHINES = { 62: 'linux-x64', 183: 'linux-arm64' };
const MACH_CPUS = { 0x01000007: 'darwin-x64', 0x0100000c: 'darwin-arm64' };
const PE_MACHINES = { 0x8664: 'win32-x64', 0xaa64: 'win32-arm64' };

/** `<platform>-<arch>` of a binary of 64 bits, or undefined for anything else.
 * @param bytes  Buffer of at least its first 4096 bytes, or of all of it */
export function binarySystem(bytes) {
  if (bytes.length < 64) return undefined;
  if (bytes.toString('latin1', 0, 6) === '\x7fELF\x02\x01') {
    return ELF_MACHINES[bytes.readUInt16LE(18)];
  }
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return MACH_CPUS[bytes.readUInt32LE(4)];
  const header = bytes.readUInt32LE(60);
  if (bytes.toString('latin1', 0, 2) !== 'MZ' || header + 6 > bytes.length) return undefined;
  if (bytes.toString('latin1', header, header + 4) !== 'PE\0\0') return undefined;
  return PE_MACHINES[bytes.readUInt16LE(header + 4)];
}
