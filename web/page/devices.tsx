import { type Camera, canChooseLoudspeaker, type VoiceClient } from "../client/index.ts";
import { Choice } from "./choice.tsx";
import { useDevices } from "./device-list.ts";
import type { Preferences } from "./preferences.ts";
import type { Say } from "./words.ts";

interface DevicesProps {
  readonly client: VoiceClient;
  readonly camera: Camera;
  readonly say: Say;
  readonly preferences: Preferences;
  readonly change: (changes: Partial<Preferences>) => void;
}

/** Which microphone, loudspeaker and camera. */
export function Devices({ client, camera, say, preferences, change }: DevicesProps) {
  const devices = useDevices(client.state.microphone !== undefined, camera.state.source === "camera");
  const pick = (kind: MediaDeviceKind): [string, string][] => [
    ["", say("systemDefault")],
    ...devices
      .filter((device) => device.kind === kind && device.deviceId !== "" && device.deviceId !== "default")
      .map(({ deviceId, label }): [string, string] => [deviceId, label || deviceId.slice(0, 8)]),
  ];
  return (
    <>
      <Choice
        label={say("microphone")}
        value={preferences.microphone}
        choices={pick("audioinput")}
        onChoose={(microphone) => {
          change({ microphone });
          if (client.state.isStarted && !client.state.isWritten)
            void client.useMicrophone(microphone || undefined);
        }}
      />
      {canChooseLoudspeaker() && (
        <Choice
          label={say("loudspeaker")}
          value={preferences.loudspeaker}
          choices={pick("audiooutput")}
          onChoose={(loudspeaker) => {
            change({ loudspeaker });
            void client.useLoudspeaker(loudspeaker);
          }}
        />
      )}
      <Choice
        label={say("cameraDevice")}
        value={preferences.camera}
        choices={pick("videoinput")}
        onChoose={(deviceId) => {
          change({ camera: deviceId });
        }}
      />
    </>
  );
}
