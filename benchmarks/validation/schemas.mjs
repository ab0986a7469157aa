// What is checked: an order of six fields, one of them an object, as each library writes it; and values that fit and that do not.
// All refuse fields they do not know nowhere and take nothing for something else, so that all do the same work.

export const GOOD = {
  id: 42,
  email: 'ada@shop.example',
  name: 'Ada Lovelace',
  amount: 3,
  express: true,
  address: { street: '12 St James Square', city: 'London', zip: 'SW1Y 4JH' },
};
/** Three faults, two of them at the top and one below. */
export const BAD = {
  ...GOOD,
  amount: 'three',
  name: '',
  address: { ...GOOD.address, zip: 5 },
};

/** By library: makes the schema of an order, or of the query { page, sort, open }, whose texts become what they stand for. */
export const libraries = {
  async zod() {
    const { z } = await import('zod');
    const address = z.object({
      street: z.string().min(1).max(80),
      city: z.string().min(1).max(40),
      zip: z.string().max(12),
    });
    return {
      order: z.object({
        id: z.number().int().min(1),
        email: z.string().min(3).max(120),
        name: z.string().min(1).max(80),
        amount: z.number().int().min(1).max(99),
        express: z.boolean(),
        address,
      }),
    };
  },
  async valibot() {
    const v = await import('valibot');
    const text = (min, max) => v.pipe(v.string(), v.minLength(min), v.maxLength(max));
    const whole = (...more) => v.pipe(v.number(), v.integer(), ...more);
    return {
      order: v.object({
        id: whole(v.minValue(1)),
        email: text(3, 120),
        name: text(1, 80),
        amount: whole(v.minValue(1), v.maxValue(99)),
        express: v.boolean(),
        address: v.object({
          street: text(1, 80),
          city: text(1, 40),
          zip: v.pipe(v.string(), v.maxLength(12)),
        }),
      }),
    };
  },
  async arktype() {
    const { type } = await import('arktype');
    return {
      order: type({
        id: 'number.integer >= 1',
        email: '3 <= string <= 120',
        name: '1 <= string <= 80',
        amount: '1 <= number.integer <= 99',
        express: 'boolean',
        address: { street: '1 <= string <= 80', city: '1 <= string <= 40', zip: 'string <= 12' },
      }),
    };
  },
  async typebox() {
    const { Type } = await import('typebox');
    const text = (minLength, maxLength) => Type.String({ minLength, maxLength });
    return {
      order: Type.Object({
        id: Type.Integer({ minimum: 1 }),
        email: text(3, 120),
        name: text(1, 80),
        amount: Type.Integer({ minimum: 1, maximum: 99 }),
        express: Type.Boolean(),
        address: Type.Object({ street: text(1, 80), city: text(1, 40), zip: text(0, 12) }),
      }),
    };
  },
};
