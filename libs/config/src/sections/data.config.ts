import { section, setting } from '../setting.js';

export const dataSection = section('data', 'Embedded data', {
  directory: setting.text({
    env: 'IMBI_DATA_DIR',
    default: '.imbi',
    description: 'Holds everything the embedded engines keep; deleting it is a factory reset.',
    example: '/var/lib/imbi',
  }),
});
