/** A live session from the door to the end: first the check of devices, then the room. */
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { type JoinChoices, PrejoinPage } from "@/features/prejoin";
import { RoomPage } from "@/features/room";

export default function LiveRoute() {
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const [choices, setChoices] = useState<JoinChoices | null>(null);
  if (choices === null) return <PrejoinPage onJoin={setChoices} sessionId={id} />;
  return <RoomPage choices={choices} onLeave={() => navigate(`/sessions/${id}`)} sessionId={id} />;
}
