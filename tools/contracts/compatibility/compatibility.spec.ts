import { openApiDocument } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument } from '../asyncapi';
import { channelBreaks, messageBreaks } from './messages';
import { openApiBreaks } from './openapi';
import { breakingChanges, type Direction, type Schema } from './schemas';

const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({ type: 'object', properties, ...more });
const text: Schema = { type: 'string' };
const number: Schema = { type: 'number' };
const whole: Schema = { type: 'integer' };
const oneOf = (...values: string[]): Schema => ({ type: 'string', enum: values });
const tagged = (type: string, more: Record<string, Schema> = {}): Schema => object({ type: { type: 'string', const: type }, ...more });

function breaks(old: Schema, now: Schema, direction: Direction): string[] {
  return breakingChanges({ schema: old, document: old }, { schema: now, document: now }, direction, 'it');
}

describe('a schema of what is accepted', () => {
  it.each<[string, Schema, Schema]>([
    ['has a new required field', object({ a: text }), object({ a: text, b: text }, { required: ['b'] })],
    ['requires a field that it did not', object({ a: text }), object({ a: text }, { required: ['a'] })],
    ['loses a field', object({ a: text, b: text }), object({ a: text })],
    ['loses a value', oneOf('a', 'b'), oneOf('a')],
    ['limits free text to values', text, oneOf('a')],
    ['narrows a number to a whole one', number, whole],
    ['changes a type', text, number],
    ['does not take null any more', { type: ['string', 'null'] }, text],
    ['lowers a maximum', { ...number, maximum: 10 }, { ...number, maximum: 9 }],
    ['gets a minimum', number, { ...number, minimum: 0 }],
    ['shortens a text', { ...text, maxLength: 10 }, { ...text, maxLength: 5 }],
    ['gets a pattern', text, { ...text, pattern: '^a' }],
    ['gets another default', { ...whole, default: 1 }, { ...whole, default: 2 }],
    ['closes an open object', object({}), object({}, { additionalProperties: false })],
    ['narrows what a list holds', { type: 'array', items: text }, { type: 'array', items: oneOf('a') }],
    ['narrows the values of a record', { type: 'object', additionalProperties: number }, { type: 'object', additionalProperties: whole }],
    ['loses a variant', { anyOf: [tagged('a'), tagged('b')] }, { anyOf: [tagged('a')] }],
    ['loses a variant but for one', { anyOf: [text, { type: 'null' }] }, text],
    [
      'narrows a field deep inside a variant',
      { oneOf: [tagged('a', { x: number }), tagged('b')] },
      { oneOf: [tagged('a', { x: whole }), tagged('b')] },
    ],
  ])('breaks when it %s', (_, old, now) => {
    expect(breaks(old, now, 'accepted')).toHaveLength(1);
  });

  it.each<[string, Schema, Schema]>([
    [
      'has a new optional field',
      object({ a: text }, { additionalProperties: false }),
      object({ a: text, b: text }, { additionalProperties: false }),
    ],
    ['no longer requires a field', object({ a: text }, { required: ['a'] }), object({ a: text })],
    ['has a new value', oneOf('a'), oneOf('a', 'b')],
    ['takes any text', oneOf('a'), text],
    ['takes any number', whole, number],
    ['takes null too', text, { anyOf: [text, { type: 'null' }] }],
    ['raises a maximum', { ...number, maximum: 10 }, { ...number, maximum: 11 }],
    ['has a new variant', { anyOf: [tagged('a')] }, { anyOf: [tagged('b'), tagged('a')] }],
    ['opens a closed object', object({}, { additionalProperties: false }), object({})],
  ])('does not break when it %s', (_, old, now) => {
    expect(breaks(old, now, 'accepted')).toEqual([]);
  });
});

describe('a schema of what is produced', () => {
  it.each<[string, Schema, Schema]>([
    ['loses a field', object({ a: text, b: text }), object({ a: text })],
    ['may leave out a field', object({ a: text }, { required: ['a'] }), object({ a: text })],
    ['may be null', text, { anyOf: [text, { type: 'null' }] }],
    ['changes a type', object({ a: number }), object({ a: text })],
    ['widens a whole number to any', whole, number],
    ['loses a value', oneOf('a', 'b'), oneOf('a')],
    ['may be any text', oneOf('a'), text],
    ['changes its form', { ...text, format: 'date-time' }, text],
    ['gets a variant that nothing tells apart', { anyOf: [tagged('a')] }, { anyOf: [tagged('a'), text] }],
    ['loses a variant', { oneOf: [tagged('a'), tagged('b')] }, { oneOf: [tagged('a')] }],
  ])('breaks when it %s', (_, old, now) => {
    expect(breaks(old, now, 'produced')).toHaveLength(1);
  });

  it.each<[string, Schema, Schema]>([
    ['has a new field, required or not', object({ a: text }), object({ a: text, b: text }, { required: ['b'] })],
    ['always has a field', object({ a: text }), object({ a: text }, { required: ['a'] })],
    ['has a new value', oneOf('a'), oneOf('a', 'b')],
    ['has a new variant with a tag', { oneOf: [tagged('a'), tagged('b')] }, { oneOf: [tagged('c'), tagged('a'), tagged('b')] }],
    ['has other bounds', { ...whole, maximum: 5 }, { ...whole, maximum: 7, minimum: 1 }],
  ])('does not break when it %s', (_, old, now) => {
    expect(breaks(old, now, 'produced')).toEqual([]);
  });
});

it('follows references, and comes to an end where a schema holds itself', () => {
  const tree = (value: Schema): Schema => ({
    $ref: '#/$defs/Tree',
    $defs: { Tree: object({ value, children: { type: 'array', items: { $ref: '#/$defs/Tree' } } }) },
  });
  expect(breaks(tree(text), tree(text), 'accepted')).toEqual([]);
  expect(breaks(tree(text), tree(number), 'accepted')).toEqual(['it.value: string became number']);
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a plain document, whose shape the assertions themselves check
type Editable = any;

/** A copy with one place changed. */
function changed(document: Schema, change: (copy: Editable) => void): Schema {
  const copy: unknown = structuredClone(document);
  change(copy);
  return copy as Schema;
}

describe('the HTTP API', () => {
  const now = openApiDocument('1.0.0') as unknown as Schema;

  it('does not break by staying as it is, or under another version of the program', () => {
    expect(openApiBreaks(now, now)).toEqual([]);
    expect(openApiBreaks(now, openApiDocument('2.0.0') as unknown as Schema)).toEqual([]);
  });

  it.each<[string, (copy: Editable) => void, string]>([
    ['an operation goes', (api) => delete api.paths['/v1/runs/{id}/retry'], 'POST /v1/runs/{id}/retry: the operation is gone'],
    [
      'a path changes',
      (api) => ((api.paths['/v1/jobs'] = api.paths['/v1/runs']), delete api.paths['/v1/runs']),
      'GET /v1/runs: the operation is gone',
    ],
    ['a request needs another field', (api) => api.components.schemas.TrainRequest.required.push('epochs'), 'epochs: is now required'],
    ['an answer loses a field', (api) => delete api.components.schemas.Run.properties.artifacts, '.artifacts: is gone'],
    ['an answer loses a value', (api) => api.components.schemas.Run.properties.state.enum.pop(), 'the value "cancelled" is gone'],
    ['a parameter goes', (api) => api.paths['/v1/runs'].get.parameters.pop(), 'the parameter query state is gone'],
    ['a parameter is needed', (api) => (api.paths['/v1/runs'].get.parameters[0].required = true), 'query cursor is now required'],
    [
      'a body may no longer be bytes',
      (api) => delete api.paths['/v1/data-sets'].post.requestBody.content['application/octet-stream'],
      'octet-stream is gone',
    ],
    ['a status changes', (api) => delete api.paths['/v1/runs'].post.responses['202'], 'no longer answers 202'],
    [
      'an event goes',
      (api) => delete api.paths['/v1/runs/{id}/events'].get.responses['200'].content['text/event-stream']['x-events'].progress,
      'the event progress is gone',
    ],
    [
      'reading needs the right to write',
      (api) => (api.paths['/v1/system'].get.security = [{ bearer: ['write'] }]),
      'needs the scope write',
    ],
    ['what was open needs a token', (api) => (api.paths['/livez'].get.security = [{ bearer: ['read'] }]), 'needs the scope read'],
  ])('breaks when %s', (_, change, expected) => {
    expect(openApiBreaks(now, changed(now, change)).join('\n')).toContain(expected);
  });

  it.each<[string, (copy: Editable) => void]>([
    ['there is a new operation', (api) => (api.paths['/v1/releases'] = api.paths['/v1/models'])],
    ['a request has a new optional field', (api) => (api.components.schemas.TrainRequest.properties.note = { type: 'string' })],
    ['an answer has a new field', (api) => (api.components.schemas.Run.properties.note = { type: 'string' })],
    ['there is a new error code', (api) => api.components.schemas.ProblemDetails.properties.code.enum.push('NEW')],
    ['there is a new type of run', (api) => api.components.schemas.RunRequest.oneOf.push(tagged('impute'))],
    [
      'a query has a new parameter',
      (api) => api.paths['/v1/runs'].get.parameters.push({ name: 'q', in: 'query', required: false, schema: text }),
    ],
    ['a descriptive text changes', (api) => (api.paths['/v1/runs'].get.summary = 'Other words.')],
  ])('does not break when %s', (_, change) => {
    expect(openApiBreaks(now, changed(now, change))).toEqual([]);
  });

  it('may become a new version, as a whole', () => {
    const next = JSON.parse(JSON.stringify(now).replaceAll('/v1/', '/v2/').replaceAll('"artifacts"', '"outputs"')) as Schema;
    expect(openApiBreaks(now, next)).toEqual([]);
  });
});

describe('messages', () => {
  const version = (number: number): Schema => object({ schemaVersion: { type: 'number', const: number } });
  const directionsOf = (type: string): readonly Direction[] => (type === 'Encode' ? ['accepted'] : ['produced']);
  const now = { envelope: version(1), Encode: object({ cells: whole }), Encoded: object({ cells: whole }, { required: ['cells'] }) };

  it('break when one goes, a command asks for more, or an event tells less', () => {
    const { Encoded: _, ...without } = now;
    expect(messageBreaks(now, without, directionsOf)).toEqual(['Encoded: the message is gone']);
    const more = { ...now, Encode: object({ cells: whole, seed: whole }, { required: ['seed'] }), Encoded: object({ cells: whole }) };
    expect(messageBreaks(now, more, directionsOf)).toEqual(['Encode.seed: is now required', 'Encoded.cells: may now be missing']);
  });

  it('do not break when there are more of them, or by a new version of all', () => {
    expect(messageBreaks(now, { ...now, Decode: object({}) }, directionsOf)).toEqual([]);
    expect(messageBreaks(now, { envelope: version(2) }, directionsOf)).toEqual([]);
  });

  it('break when a topic goes or a message leaves it, unless the topic has a next version', () => {
    const topics = asyncApiDocument('1.0.0');
    expect(channelBreaks(topics, topics)).toEqual([]);
    const name = 'cfgen.flow.events.v1';
    const gone = changed(topics, (copy) => Reflect.deleteProperty(copy.channels, name));
    expect(channelBreaks(topics, gone)).toEqual([`${name}: the topic is gone`]);
    const moved = changed(topics, (copy) => ((copy.channels[name].address = 'cfgen.flow.events.v2'), undefined));
    expect(channelBreaks(topics, moved)).toEqual([]);
    const fewer = changed(topics, (copy) => delete copy.channels[name].messages.FlowTrained);
    expect(channelBreaks(topics, fewer)).toEqual([`${name}: FlowTrained is gone from the topic`]);
  });
});
