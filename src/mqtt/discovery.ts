import type { Config } from "../config.ts";
import { projectVersion } from "../project.ts";
import { HOME_STATES, TOLD_TIMES } from "./home-view.ts";

export type MqttSettings = Config["mqtt"];

/** Where the server's values are, by name; all of them are below `antiphon/ID`. */
export function topicsOf({ id, discoveryPrefix }: MqttSettings) {
  const base = `antiphon/${id}`;
  return {
    availability: `${base}/availability`,
    state: `${base}/state`,
    conversations: `${base}/conversations`,
    mute: `${base}/mute`,
    muteCommand: `${base}/mute/set`,
    times: `${base}/times`,
    transcript: `${base}/transcript`,
    discovery: `${discoveryPrefix}/device/${id}/config`,
    /** Home Assistant says here that it has started, and wants everything told again. */
    homeStatus: `${discoveryPrefix}/status`,
  } as const;
}

const TIME_NAMES = {
  transcriptMs: "Words understood after",
  endOfTurnMs: "End of turn noticed after",
  firstTokenMs: "Answer begun after",
  firstAudioMs: "Answer heard after",
} as const satisfies Record<(typeof TOLD_TIMES)[number], string>;

/** How Home Assistant is told of a device with all that it has (MQTT discovery, one payload for a device). */
export function discoveryPayload(settings: MqttSettings): object {
  const { id, name } = settings;
  const topics = topicsOf(settings);
  const version = projectVersion();
  const sensor = (key: string, more: object) => ({
    p: "sensor",
    unique_id: `antiphon_${id}_${key}`,
    ...more,
  });
  const times = TOLD_TIMES.map((key) => [
    key,
    sensor(key, {
      name: TIME_NAMES[key],
      state_topic: topics.times,
      value_template: `{{ value_json.${key} }}`,
      unit_of_measurement: "ms",
      device_class: "duration",
      state_class: "measurement",
      entity_category: "diagnostic",
    }),
  ]);
  return {
    dev: { ids: [`antiphon_${id}`], name, mf: "Antiphon", sw: version },
    o: { name: "antiphon", sw: version },
    availability_topic: topics.availability,
    qos: 1,
    cmps: {
      state: sensor("state", {
        name: "State",
        state_topic: topics.state,
        device_class: "enum",
        options: HOME_STATES,
      }),
      conversations: sensor("conversations", {
        name: "Conversations",
        state_topic: topics.conversations,
        state_class: "measurement",
        entity_category: "diagnostic",
      }),
      mute: {
        p: "switch",
        unique_id: `antiphon_${id}_mute`,
        name: "Mute",
        icon: "mdi:microphone-off",
        state_topic: topics.mute,
        command_topic: topics.muteCommand,
      },
      transcript: settings.transcripts ? transcriptSensor(sensor, topics.transcript) : REMOVED,
      ...(Object.fromEntries(times) as object),
    },
  };
}

/** A component that only names its platform is taken away, if it was ever there. */
const REMOVED = { p: "sensor" };

/** A state may have 255 characters; the attributes have all of it. */
function transcriptSensor(sensor: (key: string, more: object) => object, topic: string): object {
  return sensor("transcript", {
    name: "Last question",
    state_topic: topic,
    value_template: "{{ value_json.question[:255] }}",
    json_attributes_topic: topic,
  });
}
