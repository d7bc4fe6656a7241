import { defineProblems } from '#libs/http';

defineProblems({
  rescore_ended: {
    status: 409,
    title: 'The run has ended',
    cause: 'A run that is through, or that somebody canceled, cannot be canceled.',
    remedy: 'Ask how it ended, or start another one.',
  },
  rescore_needed: {
    status: 409,
    title: 'The run follows from a change',
    cause:
      'Only runs that somebody asked for can be canceled; without this one scores would stay as they were before a change.',
    remedy: 'Let it go through. Where a change of policies was a mistake, take that back: the scores follow.',
  },
});
