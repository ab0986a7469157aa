// Every error this package throws itself. Errors of the packages it composes pass through unchanged.
import { defineErrors } from '@catzilla/common';
import type { ErrorTable } from '@catzilla/common';

/** Errors of createApp(), by key; codes are `CATZ_APP_<KEY>`. */
export const errors: ErrorTable<'CATZ_APP', 'OPTION'> = defineErrors('CATZ_APP', {
  OPTION: {
    message: '%s',
    help: 'Correct the option the message names; createApp() knows server and cache.',
    base: TypeError,
  },
});
