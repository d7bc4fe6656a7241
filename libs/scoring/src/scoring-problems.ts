import { defineProblems } from '#libs/http';

defineProblems({
  rescore_ended: {
    status: 409,
    title: 'The run has ended',
    cause: 'A run that is through, or that somebody canceled, cannot be canceled.',
    remedy: 'Ask how it ended, or start another one.',
  },
});
