// Fills an empty database with a catalogue that nobody sells: names put together from words, the same each time.

import type { PGlite } from '@electric-sql/pglite';

const categories = {
  lighting: ['Lamp', 'Lantern', 'Sconce', 'Candle Holder', 'Night Light'],
  kitchen: ['Teapot', 'Bowl', 'Ladle', 'Bread Board', 'Jar', 'Kettle'],
  garden: ['Trowel', 'Planter', 'Watering Can', 'Bird House', 'Bench'],
  office: ['Notebook', 'Pen Tray', 'Desk Clock', 'Bookend', 'Paperweight'],
  bedroom: ['Blanket', 'Pillow', 'Bed Tray', 'Linen Chest', 'Rug'],
  outdoors: ['Rucksack', 'Hammock', 'Camp Stool', 'Flask', 'Rain Cape'],
};
const manners = ['Quiet', 'Amber', 'Northern', 'Folding', 'Plain', 'Evening', 'Second', 'Early', 'Round', 'Tall', 'Little', 'Slow']; // prettier-ignore
const materials = ['Oak', 'Copper', 'Linen', 'Slate', 'Birch', 'Wool', 'Cork', 'Enamel', 'Rattan', 'Clay', 'Felt', 'Brass']; // prettier-ignore
const remarks = ['made to be mended', 'with a mark of use from the first day', 'for small rooms', 'that outlasts its box', 'without a battery', 'in a tin']; // prettier-ignore

/** Adds `count` products, unless there are any.
 * @param count  0 adds the categories alone */
export async function seed(database: PGlite, count: number): Promise<void> {
  const { rows } = await database.query('select 1 from categories limit 1');
  if (rows.length > 0) return;
  const slugs = Object.keys(categories) as (keyof typeof categories)[];
  const draw = generator(2026);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)]!;
  const products = Array.from({ length: count }, (_, index) => {
    const category = pick(slugs);
    const [manner, material, noun] = [pick(manners), pick(materials), pick(categories[category])];
    return {
      // The number keeps equal names apart.
      name: `${manner} ${material} ${noun} ${index + 1}`,
      category,
      description: `A ${noun.toLowerCase()} of ${material.toLowerCase()} ${pick(remarks)}.`,
      price: 300 + Math.floor(draw() ** 3 * 20_000) * 5,
      stock: Math.floor(draw() * 40),
    };
  });
  await database.transaction(async (tx) => {
    await tx.query('insert into categories select slug, initcap(slug) from unnest($1::text[]) slug', [slugs]); // prettier-ignore
    await tx.query(
      `insert into products (name, category, description, price, stock)
       select name, category, description, price, stock from jsonb_to_recordset($1::jsonb)
         as rows(name text, category text, description text, price int, stock int)`,
      [JSON.stringify(products)],
    );
  });
}

// mulberry32 by T. Ettinger: small, and the same everywhere.
function generator(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
