// What Redis does in one atomic step, as Lua. Each script names all its keys, and they share a slot.
// Invariants: a value is ours when it is a string that begins with the envelope's magic and is at least 16 bytes long;
// its stamp is the big-endian f64 at byte 8 (envelope/layout.ts). A value of another type is never written or removed;
// a string without magic below our prefix is overwritten by a fill, but never swept.
import { createHash } from 'node:crypto';
import { MAGIC } from '../envelope/layout.ts';

/** A script, and the hash by which a server that has seen it knows it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

/** How an envelope begins: the argument `magic` of scripts. */
export const MAGIC_BYTES: string = String.fromCharCode(MAGIC >> 8, MAGIC & 255);

// stampOf: the stamp of what is stored; nil when nothing of ours; an error table when it may not be read.
const STAMP = `
local function stampOf(key, magic)
  local head = redis.pcall('GETRANGE', key, 0, 15)
  if type(head) == 'table' then
    if string.sub(head.err, 1, 9) == 'WRONGTYPE' then return nil, 'type' end
    return nil, head
  end
  if #head == 16 and string.sub(head, 1, #magic) == magic then
    -- In brackets: it gives the next position as well.
    return (struct.unpack('>d', head, 9))
  end
end
`;

/** Stores unless something newer is there, or the lock that was held is lost; releases the lock.
 * Keys: value, and with a token the lock. Arguments: bytes, stamp, ms to live (0: for ever), token or '', magic.
 * Gives 1 or 0. */
export const FILL: Script = script(`${STAMP}
if ARGV[4] ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[4] then return 0 end
local stamp, fault = stampOf(KEYS[1], ARGV[5])
if fault == 'type' then return 0 end
if fault then return fault end
if stamp and stamp > tonumber(ARGV[2]) then return 0 end
if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[1])
else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('DEL', KEYS[2]) end
return 1`);

/** Takes a lock; who holds it already takes it again. Key: lock. Arguments: token, ms to live.
 * Gives the server's time in microseconds, or nil when another holds it. */
export const LOCK: Script = script(`
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return false end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local time = redis.call('TIME')
return time[1] * 1000000 + time[2]`);

/** Prolongs a lock. Key: lock. Arguments: token, ms to live. Gives 1, or 0 when it is lost. */
export const EXTEND: Script = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/** Releases a lock that is still held. Key: lock. Argument: token. */
export const UNLOCK: Script = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`);

/** Raises one of the two stamps of an epoch, and never shortens its life. Key: epoch.
 * Arguments: 'hard' or 'soft', stamp, ms to live (0: for ever). */
export const RAISE: Script = script(`
local stored = redis.call('GET', KEYS[1])
local hard, soft = 0, 0
if stored and #stored == 16 then hard, soft = struct.unpack('>dd', stored) end
local stamp = tonumber(ARGV[2])
if ARGV[1] == 'hard' then hard = math.max(hard, stamp) else soft = math.max(soft, stamp) end
local ttl, left = tonumber(ARGV[3]), stored and redis.call('PTTL', KEYS[1]) or 0
local bytes = struct.pack('>dd', hard, soft)
if ttl == 0 or left == -1 then redis.call('SET', KEYS[1], bytes)
else redis.call('SET', KEYS[1], bytes, 'PX', string.format('%.0f', math.max(ttl, left))) end
return 1`);

/** Removes a value that still begins with these bytes and has this length. Key: value. Arguments: bytes, length. */
export const DISCARD: Script = script(`
local head = redis.pcall('GETRANGE', KEYS[1], 0, #ARGV[1] - 1)
if type(head) == 'table' then
  if string.sub(head.err, 1, 9) == 'WRONGTYPE' then return 0 end
  return head
end
if head ~= ARGV[1] or redis.call('STRLEN', KEYS[1]) ~= tonumber(ARGV[2]) then return 0 end
return redis.call('UNLINK', KEYS[1])`);

/** Removes values of ours older than a stamp. Keys: values. Arguments: stamp, magic. Gives how many. */
export const SWEEP: Script = script(`${STAMP}
local before, removed = tonumber(ARGV[1]), 0
for _, key in ipairs(KEYS) do
  local stamp, fault = stampOf(key, ARGV[2])
  if fault and fault ~= 'type' then return fault end
  if stamp and stamp < before then removed = removed + redis.call('UNLINK', key) end
end
return removed`);

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
