// The media type of a file by its name, and whether its bytes shrink.
import mime from 'mime';

const UNKNOWN = 'application/octet-stream';
// Text by another name, and formats that hold numbers or outlines as they are. Pictures, films and archives are packed already.
const SHRINKS =
  /^(?:text\/.*|.*\+(?:json|xml|text)|application\/(?:json5?|javascript|xml|wasm|manifest\+json|rtf|x-sh|sql|toml|yaml|graphql|vnd\.ms-fontobject)|font\/(?:ttf|otf|sfnt|collection)|image\/(?:svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)|model\/.*)$/;

/** @returns the field's value, with the character set where the type has one */
export function mediaType(path: string): string {
  const type = mime.getType(path) ?? UNKNOWN;
  const isText = /^text\/|^application\/(?:json|javascript|xml|manifest\+json)$|\+(?:json|xml)$/;
  return isText.test(type) ? `${type}; charset=utf-8` : type;
}

/** Whether compressing is worth a try. */
export function shrinks(type: string): boolean {
  return SHRINKS.test(type.split(';', 1)[0]!);
}
