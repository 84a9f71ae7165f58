import type { Language } from "./words.ts";

/** What the server's error codes mean to who looks at the page, and what to do; docs/errors.md has more. */
const ERROR_WORDS: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  "audio-unreadable": {
    en: "A sound file is missing, damaged or of no known format. Use WAV, FLAC, MP3 or Ogg.",
    zh: "声音文件缺失、损坏或格式未知。请使用 WAV、FLAC、MP3 或 Ogg。",
  },
  "audio-empty": { en: "A recording is empty. Record again.", zh: "录音是空的。请重新录制。" },
  "audio-too-long": { en: "A recording is too long. Cut it.", zh: "录音太长。请剪短。" },
  "audio-channels": {
    en: "A recording has too many channels. Mix it down.",
    zh: "录音的声道太多。请合并声道。",
  },
  "audio-rate": {
    en: "A recording’s sample rate is not supported. Resample it.",
    zh: "不支持此录音的采样率。请重新采样。",
  },
  "opus-invalid": {
    en: "The server could not read a piece of sound and skipped it.",
    zh: "服务器无法读取一段声音，已跳过。",
  },
  "opus-unavailable": {
    en: "The server has no Opus; sound is sent without it.",
    zh: "服务器不支持 Opus；声音将不经 Opus 发送。",
  },
  "text-empty": { en: "There is nothing in this text. Write something.", zh: "文字是空的。请写些内容。" },
  "text-too-long": { en: "This text is too long. Shorten it.", zh: "文字太长。请缩短。" },
  "output-unwritable": {
    en: "The server cannot write a file. Name one in a folder that is there and its own.",
    zh: "服务器无法写入文件。请指定一个存在且可写的文件夹。",
  },
  "picture-unreadable": {
    en: "A picture is cut off or damaged. Show it again.",
    zh: "图片不完整或已损坏。请重新展示。",
  },
  "picture-format": {
    en: "A picture is no JPEG, PNG or WebP. Convert it.",
    zh: "图片不是 JPEG、PNG 或 WebP。请转换格式。",
  },
  "picture-animated": {
    en: "A picture moves. Show one that does not.",
    zh: "图片是动图。请展示静止的图片。",
  },
  "picture-too-large": { en: "A picture is too large. Shrink it.", zh: "图片太大。请缩小。" },
  "picture-timeout": {
    en: "A picture takes too long to unpack. Shrink it.",
    zh: "解开图片用时太长。请缩小图片。",
  },
  "picture-time": {
    en: "A picture came too late to be looked at.",
    zh: "图片到得太晚，未被查看。",
  },
  "pack-unknown": {
    en: "The server knows no model pack of this name.",
    zh: "服务器没有这个名称的模型包。",
  },
  "model-missing": {
    en: "A model file is missing on the server. Fetch the models there.",
    zh: "服务器上缺少模型文件。请在服务器上下载模型。",
  },
  "model-corrupt": {
    en: "A model file on the server is damaged. Delete it and fetch it again.",
    zh: "服务器上的模型文件已损坏。请删除后重新下载。",
  },
  "source-unavailable": {
    en: "The server cannot reach what it fetches its models from. Check its network.",
    zh: "服务器无法访问模型的下载来源。请检查其网络。",
  },
  "disk-full": { en: "The server’s disk is full. Make room.", zh: "服务器磁盘已满。请腾出空间。" },
  "checkpoint-invalid": {
    en: "A model file on the server is damaged. Verify the models there and fetch them again.",
    zh: "服务器上的模型文件已损坏。请在服务器上校验并重新下载。",
  },
  "checkpoint-unsupported": {
    en: "A model file on the server is of a kind that it does not know. Use another one.",
    zh: "服务器不认识某个模型文件的类型。请换一个。",
  },
  "graph-invalid": {
    en: "A network on the server cannot be opened. Verify the models there.",
    zh: "服务器无法打开某个网络。请在服务器上校验模型。",
  },
  "worker-crashed": {
    en: "A part of the server broke down and is started again. Ask again.",
    zh: "服务器的一部分出了故障，正在重新启动。请再问一次。",
  },
  "inference-failed": {
    en: "A network of the server failed. Ask again.",
    zh: "服务器的一个网络运行失败。请再问一次。",
  },
  "llm-unavailable": {
    en: "The language model cannot be reached. Check its server.",
    zh: "无法访问语言模型。请检查它的服务器。",
  },
  "llm-timeout": {
    en: "The language model is too slow. Ask again, or check its server.",
    zh: "语言模型太慢。请再问一次，或检查它的服务器。",
  },
  "answer-timeout": {
    en: "The answer did not come to its end in time. Ask again.",
    zh: "回答没有按时完成。请再问一次。",
  },
  "protocol-version": {
    en: "Page and server are of different versions. Load this page anew.",
    zh: "页面与服务器的版本不同。请重新加载页面。",
  },
  "message-invalid": {
    en: "The server did not understand this page. Load it anew.",
    zh: "服务器无法理解此页面。请重新加载。",
  },
  "message-unknown": {
    en: "The server does not know what this page asks for. Load it anew.",
    zh: "服务器不认识此页面的请求。请重新加载。",
  },
  "frame-invalid": {
    en: "The server could not read what this page sent. Load it anew.",
    zh: "服务器无法读取此页面发送的内容。请重新加载。",
  },
  "frame-too-large": {
    en: "This page sent more at once than the server takes.",
    zh: "此页面一次发送的内容超出服务器的限制。",
  },
  "rate-exceeded": {
    en: "This page sends faster than the server takes; what is too much is dropped.",
    zh: "此页面发送过快；多余的部分已丢弃。",
  },
  "session-limit": {
    en: "All conversations of the server are taken. Try again later.",
    zh: "服务器的对话已满。请稍后再试。",
  },
  "idle-timeout": {
    en: "Nothing was heard of this page for long, so the server hung up.",
    zh: "页面长时间没有动静，服务器已挂断。",
  },
  "hello-timeout": {
    en: "This page took too long to say hello to the server.",
    zh: "页面向服务器打招呼用时太长。",
  },
  unauthorized: {
    en: "This server asks for a key, and there is none or a wrong one. Enter one here, then start again.",
    zh: "此服务器需要密钥，而密钥缺失或有误。请在此输入密钥，然后重新开始。",
  },
  "not-ready": { en: "The models are still loading. Wait a moment.", zh: "模型仍在加载。请稍候。" },
  "shutting-down": {
    en: "The server is stopping. Connect again later.",
    zh: "服务器正在关闭。请稍后再连接。",
  },
  "connection-failed": {
    en: "The connection is lost, or another page has taken the conversation over.",
    zh: "连接已断开，或另一个页面接管了对话。",
  },
  "config-invalid": {
    en: "A setting of the server is wrong. Its log says which.",
    zh: "服务器的某项设置有误。请查看其日志。",
  },
  "port-in-use": {
    en: "Something else listens on the server’s port.",
    zh: "服务器的端口已被占用。",
  },
  "sound-unavailable": {
    en: "A microphone or loudspeaker of the server’s machine does not work.",
    zh: "服务器所在机器的麦克风或扬声器无法使用。",
  },
  internal: {
    en: "Something went wrong in the server. Ask again; its log says more.",
    zh: "服务器内部出错。请再问一次；详情见其日志。",
  },
};

/** What a code means; undefined where it is none of the closed list. */
export function errorWords(language: Language, code: string): string | undefined {
  return Object.hasOwn(ERROR_WORDS, code) ? ERROR_WORDS[code]?.[language] : undefined;
}
