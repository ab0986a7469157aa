// What a command throws: Errors with the numeric `code` of BullMQ's ErrorCode, by which its classes and its users tell them apart.

/** BullMQ's ErrorCode, as values: its enum would load the whole of BullMQ. */
export const CODES = {
  jobNotExist: -1,
  jobLockNotExist: -2,
  jobNotInState: -3,
  jobPendingChildren: -4,
  parentJobNotExist: -5,
  jobLockMismatch: -6,
  parentJobCannotBeReplaced: -7,
  jobBelongsToJobScheduler: -8,
  jobHasFailedChildren: -9,
  schedulerJobIdCollision: -10,
  schedulerJobSlotsBusy: -11,
} as const;

/** Whom it is about. */
export interface FailureSite {
  /** The member of the contract. */
  readonly command: string;
  readonly jobId?: string | undefined;
  readonly parentKey?: string | undefined;
  /** Where the job was expected to be. */
  readonly state?: string | undefined;
}

/** Makes the error of a code. */
export function failure(code: number, site: FailureSite): Error & { code: number } {
  const error = Object.assign(new Error(`${messageOf(code, site)}. ${site.command}`), { code });
  // BullMQ knows an error that is not worth a retry by this name.
  if (code === CODES.jobHasFailedChildren) error.name = 'UnrecoverableError';
  return error;
}

function messageOf(code: number, { jobId = '', parentKey = '', state = '' }: FailureSite): string {
  switch (code) {
    case CODES.jobNotExist:
      return `Missing key for job ${jobId}`;
    case CODES.jobLockNotExist:
      return `Missing lock for job ${jobId}`;
    case CODES.jobNotInState:
      return `Job ${jobId} is not in the ${state} state`;
    case CODES.jobPendingChildren:
      return `Job ${jobId} has pending dependencies`;
    case CODES.parentJobNotExist:
      return `Missing key for parent job ${parentKey}`;
    case CODES.jobLockMismatch:
      return `Lock mismatch for job ${jobId} from ${state}`;
    case CODES.parentJobCannotBeReplaced:
      return `The parent job ${parentKey} cannot be replaced`;
    case CODES.jobBelongsToJobScheduler:
      return `Job ${jobId} belongs to a job scheduler and cannot be removed directly`;
    case CODES.jobHasFailedChildren:
      return `Cannot complete job ${jobId} because it has at least one failed child`;
    case CODES.schedulerJobIdCollision:
      return 'Cannot create job scheduler iteration - job ID already exists';
    default:
      return 'Cannot create job scheduler iteration - current and next time slots already have jobs';
  }
}
