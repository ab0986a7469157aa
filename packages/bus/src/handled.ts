// A promise that may be forgotten: whoever awaits it sees the rejection, whoever does not is not ended by it.

export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
