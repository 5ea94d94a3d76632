/** What somebody decided before entering. */
export interface JoinChoices {
  isMicrophoneOn: boolean;
  isCameraOn: boolean;
  microphoneId: string | null;
  cameraId: string | null;
}
