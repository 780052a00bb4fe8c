export {
  AppError,
  type AppErrorOptions,
  ErrorBody,
  ErrorInfo,
  fromErrorInfo,
  toAppError,
  toErrorInfo,
} from './errors/app-error.ts';
export { type ErrorCode, type ErrorSpec, errorCatalogue, isErrorCode } from './errors/catalogue.ts';
