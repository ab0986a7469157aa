// What the cache holds while requests are under way and has no name outside: open fills, marks of fills, refreshes.
// Invariant: it only looks, through the inspector of this thread: every object of a class, found once, and the sizes of what
// they keep in private fields. A field that is not there any more is an error, or the soak would look at nothing.
import { Session } from 'node:inspector';
import { Collapser } from '../../dist/collapse.js';
import { Refreshes } from '../../dist/hooks/refresh.js';
import { PurgeTokens } from '../../dist/purge-token.js';

const WATCHED = [
  [Collapser, '#fills'],
  [PurgeTokens, '#live'],
  [Refreshes, '#running'],
];

/** Finds what is there now: call it when the applications of this thread are ready.
 * @returns {() => number} fills with or without waiters, marks and refreshes that are under way, all together */
export function lookInside() {
  const session = new Session();
  session.connect();
  const held = WATCHED.flatMap(([type, field]) => fieldsOf(session, type, field));
  return () => held.reduce((sum, objectId) => sum + sizeOf(session, objectId), 0);
}

// Looking for the objects of a class collects all garbage.
function fieldsOf(session, type, field) {
  globalThis.soakPrototype = type.prototype;
  const { result: prototype } = ask(session, 'Runtime.evaluate', { expression: 'soakPrototype' });
  delete globalThis.soakPrototype;
  const { objects } = ask(session, 'Runtime.queryObjects', {
    prototypeObjectId: prototype.objectId,
  });
  const { result: elements } = ask(session, 'Runtime.getProperties', {
    objectId: objects.objectId,
    ownProperties: true,
  });
  const found = elements.filter(({ name }) => /^\d+$/.test(name));
  if (found.length === 0) throw new Error(`no ${type.name} is there`);
  return found.map(({ value: { objectId } }) => {
    const { privateProperties = [] } = ask(session, 'Runtime.getProperties', { objectId });
    const property = privateProperties.find(({ name }) => name === field);
    if (property === undefined) throw new Error(`${type.name} has no ${field}`);
    return property.value.objectId;
  });
}

function sizeOf(session, objectId) {
  const functionDeclaration = 'function () { return this.size; }';
  return ask(session, 'Runtime.callFunctionOn', { objectId, functionDeclaration }).result.value;
}

// A session of the own thread calls back before post returns.
function ask(session, method, parameters) {
  let answer;
  session.post(method, parameters, (error, result) => {
    if (error) throw new Error(`${method}: ${error.message}`);
    answer = result;
  });
  return answer;
}
