export {
  dataDescriptor,
  directoryRecord,
  endRecords,
  localHeader,
  type WrittenEntry,
} from './write-zip-records.ts';
