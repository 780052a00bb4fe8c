export { moveRecord } from './move-record.ts';
export {
  dataDescriptor,
  directoryRecord,
  endRecords,
  localHeader,
  type WrittenEntry,
} from './write-zip-records.ts';
